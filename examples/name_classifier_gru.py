"""Tells from which language a name is, letter by letter, with a GRU over packed sequences.

The names are invented here, from syllables that are common in each language.
"""

import argparse
import string

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset, random_split

SYLLABLES = {
    "Italian": "ri na to li co bel fer mar vi gio sa ni lo ra ti do",
    "Japanese": "ta ka mi shi ya mo ko no to ha ru ki su na da wa",
    "Russian": "ov ski iva pet nik ol ev sha ko dmi tri vla rov kin ich yev",
    "Spanish": "ez gar mar tin lo rod fer nan do her gue sal per cas va qui",
}
LETTERS = string.ascii_lowercase


class Names(Dataset):
    """Names as tensors of letter numbers, with the number of their language."""

    def __init__(self, count=2000):
        self.languages = sorted(SYLLABLES)
        self.samples = []
        for _ in range(count):
            language = int(torch.randint(len(self.languages), ()))
            syllables = SYLLABLES[self.languages[language]].split()
            picked = torch.randint(len(syllables), (int(torch.randint(2, 5, ())),))
            self.samples.append(("".join(syllables[i] for i in picked), language))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        name, language = self.samples[index]
        return encode(name), language


def encode(name):
    return torch.tensor([LETTERS.index(letter) + 1 for letter in name])


def collate(samples):
    """Names of different lengths, padded with zeros, with their lengths and languages."""
    names, languages = zip(*samples)
    lengths = torch.tensor([len(name) for name in names])
    return pad_sequence(names, batch_first=True), lengths, torch.tensor(languages)


class Classifier(nn.Module):
    """Embeds the letters, reads them in both directions, and judges by the last states."""

    def __init__(self, classes, size=64):
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS) + 1, 32, padding_idx=0)
        self.gru = nn.GRU(32, size, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * size, classes)

    def forward(self, names, lengths):
        packed = pack_padded_sequence(self.embedding(names), lengths, batch_first=True, enforce_sorted=False)
        _, last = self.gru(packed)
        return self.fc(torch.cat([last[0], last[1]], dim=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5)
    args = parser.parse_args()

    torch.manual_seed(0)
    names = Names()
    train_set, test_set = random_split(names, [0.9, 0.1])
    loader = DataLoader(train_set, batch_size=64, shuffle=True, collate_fn=collate)
    test_loader = DataLoader(test_set, batch_size=100, collate_fn=collate)
    model = Classifier(len(names.languages))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(args.epochs):
        model.train()
        for step, (batch, lengths, languages) in enumerate(loader):
            optimizer.zero_grad()
            loss = criterion(model(batch, lengths), languages)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if epoch == step == 0:
                print(f"first loss: {loss.item():.6f}")
        model.eval()
        with torch.no_grad():
            right = sum((model(b, n).argmax(1) == y).sum().item() for b, n, y in test_loader)
        print(f"epoch {epoch + 1}: loss {loss.item():.4f}, accuracy {right / len(test_set):.2%}")

    with torch.no_grad():
        for name in ("rossini", "nakamura", "ivanov", "fernandez"):
            scores = model(encode(name).unsqueeze(0), torch.tensor([len(name)])).softmax(1)
            probability, best = scores.max(1)
            print(f"{name}: {names.languages[best.item()]} ({probability.item():.0%})")


if __name__ == "__main__":
    main()
