"""Small datasets in the formats that real ones are published in, for either library to read."""

import gzip
import hashlib
import io
import json
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

TRAIN_AND_TEST = (("train", 12), ("t10k", 5))


def md5(path):
    return hashlib.md5(Path(path).read_bytes()).hexdigest()


def idx(array, code=8):
    """An array as an IDX file."""
    return struct.pack(f">I{array.ndim}I", code * 256 + array.ndim, *array.shape) + array.tobytes()


def pixels(seed, *shape):
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def mnist(root, name="MNIST", sizes=TRAIN_AND_TEST):
    raw = Path(root) / name / "raw"
    for seed, (part, n) in enumerate(sizes):
        write(raw / f"{part}-images-idx3-ubyte", idx(pixels(seed, n, 28, 28)))
        write(raw / f"{part}-labels-idx1-ubyte", idx(pixels(seed, n) % 10))


def emnist(root, split="letters"):
    raw = Path(root) / "EMNIST" / "raw"
    for part in ("train", "test"):
        write(raw / f"emnist-{split}-{part}-images-idx3-ubyte", idx(pixels(1, 6, 28, 28)))
        write(raw / f"emnist-{split}-{part}-labels-idx1-ubyte", idx(pixels(2, 6) % 26 + 1))


def qmnist(root):
    raw = Path(root) / "QMNIST" / "raw"
    for part in ("train", "test"):
        write(raw / f"qmnist-{part}-images-idx3-ubyte", idx(pixels(3, 7, 28, 28)))
        labels = np.random.RandomState(4).randint(0, 10, (7, 8)).astype(">i4")
        write(raw / f"qmnist-{part}-labels-idx2-int", idx(labels, 12))


def cifar(root, cls):
    """A CIFAR10 or CIFAR100 of few images, and the class that has its checksums."""
    folder = Path(root) / cls.base_folder
    kind = "labels" if cls.meta["key"] == "label_names" else "fine_labels"
    lists = {}
    for seed, name in enumerate(("train_list", "test_list")):
        lists[name] = []
        for i, (file, _) in enumerate(getattr(cls, name)):
            labels = (pixels(seed + i, 5) % 10).tolist()
            write(folder / file, pickle.dumps({"data": pixels(10 * seed + i, 5, 3072), kind: labels}))
            lists[name].append([file, md5(folder / file)])
    names = [f"class {i}" for i in range(10)]
    write(folder / cls.meta["filename"], pickle.dumps({cls.meta["key"]: names}))
    meta = {**cls.meta, "md5": md5(folder / cls.meta["filename"])}
    return type(cls.__name__, (cls,), {**lists, "meta": meta})


def svhn(root, cls):
    from scipy.io import savemat

    splits = {}
    for split, (url, name, _) in cls.split_list.items():
        savemat(Path(root) / name, {"X": pixels(5, 32, 32, 3, 6), "y": pixels(6, 6, 1) % 10 + 1})
        splits[split] = [url, name, md5(Path(root) / name)]
    return type("SVHN", (cls,), {"split_list": splits})


def stl10(root, cls):
    folder = Path(root) / cls.base_folder
    lists = {}
    for name in ("train_list", "test_list"):
        lists[name] = []
        for file, _ in getattr(cls, name):
            write(folder / file, (pixels(7, 4, 3, 96, 96) if "X" in file else pixels(8, 4) % 10 + 1).tobytes())
            lists[name].append([file, md5(folder / file)])
    write(folder / "class_names.txt", "\n".join(f"class {i}" for i in range(10)).encode())
    write(folder / "fold_indices.txt", b"\n".join(b"%d %d " % (i % 4, (i + 1) % 4) for i in range(10)))
    return type("STL10", (cls,), lists)


def image(path, seed=0, mode="RGB", size=(9, 7)):
    """An image file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0]) if mode in ("L", "P") else (size[1], size[0], len(mode))
    made = Image.fromarray(pixels(seed, *shape))
    if mode == "P":
        made = made.convert("P")
    made.save(path)


def image_folder(root, classes=("cat", "dog"), n=3, suffix=".png", size=(9, 7)):
    for c, name in enumerate(classes):
        for i in range(n):
            image(Path(root) / name / f"{i}{suffix}", 10 * c + i, size=size)


def caltech101(root):
    from scipy.io import savemat

    base = Path(root) / "caltech101"
    for name, annotated in (("Faces", "Faces_2"), ("ant", "ant"), ("BACKGROUND_Google", None)):
        for i in (1, 2):
            image(base / "101_ObjectCategories" / name / f"image_{i:04d}.jpg", i)
            if annotated:
                (base / "Annotations" / annotated).mkdir(parents=True, exist_ok=True)
                outline = np.arange(6.0).reshape(2, 3) + i
                savemat(base / "Annotations" / annotated / f"annotation_{i:04d}.mat", {"obj_contour": outline})


def caltech256(root):
    for c, name in enumerate(("001.ak47", "002.flag"), 1):
        folder = Path(root) / "caltech256" / "256_ObjectCategories" / name
        for i in (1, 2, 3):
            image(folder / f"{c:03d}_{i:04d}.jpg", i)
        write(folder / "RENAME2", b"")


def oxford_pet(root):
    base = Path(root) / "oxford-iiit-pet"
    rows = (("Abyssinian_1", 1, 1), ("great_pyrenees_17", 2, 2), ("Abyssinian_3", 1, 1))
    for seed, (name, _, _) in enumerate(rows):
        image(base / "images" / f"{name}.jpg", seed)
        image(base / "annotations" / "trimaps" / f"{name}.png", seed, "L")
    for split in ("trainval", "test"):
        lines = "".join(f"{name} {breed} {kind} 1\n" for name, breed, kind in rows)
        write(base / "annotations" / f"{split}.txt", lines.encode())


def flowers102(root, cls):
    from scipy.io import savemat

    base = Path(root) / "flowers-102"
    for i in range(1, 7):
        image(base / "jpg" / f"image_{i:05d}.jpg", i)
    savemat(base / "imagelabels.mat", {"labels": np.array([[77, 1, 3, 102, 5, 6]])})
    savemat(base / "setid.mat", {"trnid": [[1, 4]], "valid": [[2, 5]], "tstid": [[3, 6]]})
    sums = {kind: (name, md5(base / name)) for kind, (name, _) in cls._file_dict.items() if kind != "image"}
    return type("Flowers102", (cls,), {"_file_dict": {**cls._file_dict, **sums}})


VOC_XML = """<annotation>
	<folder>VOC2012</folder>
	<size><width>9</width><height>7</height><depth>3</depth></size>
	<segmented>0</segmented>
	{objects}
	<empty/>
</annotation>"""
VOC_OBJECT = (
    "<object><name>{}</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></bndbox>"
    "<part><name>head</name></part><part><name>hand</name></part></object>"
)


def voc(root):
    base = Path(root) / "VOCdevkit" / "VOC2012"
    names = ("2007_000001", "2007_000002")
    for seed, name in enumerate(names):
        image(base / "JPEGImages" / f"{name}.jpg", seed)
        image(base / "SegmentationClass" / f"{name}.png", seed, "P")
        objects = "".join(VOC_OBJECT.format(kind) for kind in ("dog", "person")[: seed + 1])
        write(base / "Annotations" / f"{name}.xml", VOC_XML.format(objects=objects).encode())
    for kind in ("Main", "Segmentation"):
        write(base / "ImageSets" / kind / "train.txt", "\n".join(names).encode() + b"\n")


def coco(root):
    for i in (9, 4):
        image(Path(root) / f"{i:012d}.jpg", i)
    annotation = {"image_id": 4, "bbox": [0, 1, 2, 3]}
    content = {
        "images": [{"id": i, "file_name": f"{i:012d}.jpg", "height": 7, "width": 9} for i in (9, 4)],
        "categories": [{"id": 1, "name": "person", "supercategory": "person"}, {"id": 3, "name": "car"}],
        "annotations": [
            {**annotation, "id": 50, "category_id": 1, "area": 6, "iscrowd": 0, "caption": "a man"},
            {**annotation, "id": 51, "category_id": 3, "area": 12, "iscrowd": 1, "caption": "cars"},
        ],
    }
    write(Path(root) / "instances.json", json.dumps(content).encode())
    return str(Path(root) / "instances.json")


def gzipped(content):
    return gzip.compress(content, mtime=0)


def tarred(members, mode="w:gz"):
    """A tar.gz of (name, content) pairs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def celeba(root, cls):
    base = Path(root) / "celeba"
    names = [f"{i:06d}.jpg" for i in range(1, 7)]
    for seed, name in enumerate(names):
        image(base / "img_align_celeba" / name, seed)
    rows = {
        "list_eval_partition.txt": ("", [[i % 3] for i in range(6)]),
        "identity_CelebA.txt": ("", [[100 + i] for i in range(6)]),
        "list_bbox_celeba.txt": ("6\nimage_id x_1 y_1 width height\n", [[95, 71 + i, 226, 313] for i in range(6)]),
        "list_landmarks_align_celeba.txt": ("6\nlefteye_x lefteye_y\n", [[69 + i, 109] for i in range(6)]),
        "list_attr_celeba.txt": ("6\nBald Young \n", [[-1, 1], [1, 1], [1, -1], [-1, -1], [1, 1], [1, -1]]),
    }
    for file, (head, numbers) in rows.items():
        lines = (f"{name}  {' '.join(map(str, row))}\n" for name, row in zip(names, numbers))
        write(base / file, (head + "".join(lines)).encode())
    listed = [(i, md5(base / file) if file in rows else sum_, file) for i, sum_, file in cls.file_list]
    return type("CelebA", (cls,), {"file_list": listed})


def food101(root):
    base = Path(root) / "food-101"
    listed = {"tacos": ["tacos/7", "tacos/3"], "apple_pie": ["apple_pie/1"]}
    for names in listed.values():
        for seed, name in enumerate(names):
            image(base / "images" / f"{name}.jpg", seed)
    write(base / "meta" / "train.json", json.dumps(listed).encode())


def dtd(root):
    base = Path(root) / "dtd" / "dtd"
    names = ["woven/b.jpg", "banded/a.jpg", "woven/c.jpg"]
    for seed, name in enumerate(names):
        image(base / "images" / name, seed)
    write(base / "labels" / "train1.txt", "".join(f"{name}\n" for name in names).encode())
    write(base / "labels" / "val3.txt", b"woven/c.jpg\n")


def gtsrb(root):
    base = Path(root) / "gtsrb"
    for kind in ("00000", "00007"):
        image(base / "GTSRB" / "Training" / kind / "00000_00000.ppm", int(kind))
    image(base / "GTSRB" / "Final_Test" / "Images" / "00000.ppm", 3)
    write(base / "GT-final_test.csv", b"Filename;Width;Height;ClassId\n00000.ppm;9;7;16\n")


def stanford_cars(root):
    from scipy.io import savemat

    base = Path(root) / "stanford_cars"
    (base / "devkit").mkdir(parents=True)
    rows = np.array([("00001.jpg", 2), ("00002.jpg", 1)], [("fname", object), ("class", object)])
    for split, name in (("train", "devkit/cars_train_annos.mat"), ("test", "cars_test_annos_withlabels.mat")):
        savemat(base / name, {"annotations": rows})
        for i in (1, 2):
            image(base / f"cars_{split}" / f"{i:05d}.jpg", i)
    savemat(base / "devkit" / "cars_meta.mat", {"class_names": np.array(["Audi A5", "BMW M3"], object)})


def sun397(root):
    base = Path(root) / "SUN397"
    image(base / "a" / "abbey" / "sun_aaa.jpg", 1)
    image(base / "a" / "apse" / "indoor" / "sun_bbb.jpg", 2)
    write(base / "ClassName.txt", b"/a/abbey\n/a/apse/indoor\n")


def usps(root):
    import bz2

    numbers = np.random.RandomState(0).uniform(-1, 1, (4, 256)).round(4)
    lines = (f"{i + 1} " + " ".join(f"{j + 1}:{x}" for j, x in enumerate(row)) for i, row in enumerate(numbers))
    write(Path(root) / "usps.bz2", bz2.compress("\n".join(lines).encode()))


def semeion(root, cls):
    rows = np.concatenate([pixels(1, 5, 256) % 2, np.eye(10)[:5]], 1)
    np.savetxt(Path(root) / "semeion.data", rows, "%.4f")
    return type("SEMEION", (cls,), {"md5_checksum": md5(Path(root) / "semeion.data")})


def sbd(root):
    from scipy.io import savemat
    from scipy.sparse import csc_matrix

    image(Path(root) / "img" / "2008_000001.jpg", 1)
    borders = np.empty((20, 1), object)
    for i in range(20):
        borders[i, 0] = csc_matrix(pixels(i, 7, 9) % 2)
    (Path(root) / "cls").mkdir()
    truth = {"Segmentation": pixels(3, 7, 9) % 21, "Boundaries": borders}
    savemat(Path(root) / "cls" / "2008_000001.mat", {"GTcls": truth})
    write(Path(root) / "train.txt", b"2008_000001\n")


def aircraft(root):
    base = Path(root) / "fgvc-aircraft-2013b" / "data"
    rows = (("0034309", "737-300"), ("0034958", "A 320"))
    for seed, (name, _) in enumerate(rows):
        image(base / "images" / f"{name}.jpg", seed)
    for level, plural in (("variant", "variants"), ("family", "families"), ("manufacturer", "manufacturers")):
        write(base / f"{plural}.txt", b"A 320\n737-300\n")
        write(base / f"images_{level}_trainval.txt", "".join(f"{name} {kind}\n" for name, kind in rows).encode())


def omniglot(root, cls):
    base = Path(root) / "omniglot-py"
    for alphabet in ("Greek", "Latin"):
        for character in ("character01", "character02"):
            image(base / "images_background" / alphabet / character / "0001_01.png", 1, "L")
    write(base / "images_background.zip", b"an archive")
    return type("Omniglot", (cls,), {"zips_md5": {"images_background": md5(base / "images_background.zip")}})


def kitti(root):
    raw = Path(root) / "Kitti" / "raw"
    for i in range(2):
        image(raw / "training" / "image_2" / f"{i:06d}.png", i)
        image(raw / "testing" / "image_2" / f"{i:06d}.png", i)
        line = f"Car 0.{i} 0 1.85 387.6 181.5 423.8 203.1 1.67 1.87 3.69 -16.53 2.39 58.49 1.57\n"
        write(raw / "training" / "label_2" / f"{i:06d}.txt", (line * (i + 1)).encode())


def fer2013(root, cls):
    base = Path(root) / "fer2013"
    faces = [" ".join(map(str, pixels(i, 2304))) for i in range(3)]
    write(base / "train.csv", ("emotion,pixels\n" + "".join(f"{i},{face}\n" for i, face in enumerate(faces))).encode())
    write(base / "test.csv", ("pixels\n" + "".join(f"{face}\n" for face in faces)).encode())
    sums = {kind: (name, md5(base / name)) for kind, (name, _) in cls._RESOURCES.items() if (base / name).exists()}
    return type("FER2013", (cls,), {"_RESOURCES": {**cls._RESOURCES, **sums}})


def fer2013_of_a_contest(root, cls):
    """All faces in one table, with the names of columns after spaces."""
    base = Path(root) / "fer2013"
    usages = ("Training", "PublicTest", "Training", "PrivateTest")
    rows = (f"{i},{usage},{' '.join(map(str, pixels(i, 2304)))}\n" for i, usage in enumerate(usages))
    write(base / "icml_face_data.csv", ("emotion, Usage, pixels\n" + "".join(rows)).encode())
    sums = {"icml": ("icml_face_data.csv", md5(base / "icml_face_data.csv"))}
    return type("FER2013", (cls,), {"_RESOURCES": {**cls._RESOURCES, **sums}})


def imagenet(root):
    """The three archives; returns their names and checksums, as the modules of both libraries keep them."""
    from scipy.io import savemat

    root = Path(root)
    fields = [(name, object) for name in ("ILSVRC2012_ID", "WNID", "words", "gloss", "num_children")]
    rows = [(1, "n02", "dog, hound", "barks", 0), (2, "n01", "cat", "purrs", 0), (3, "n03", "animal", "lives", 2)]
    savemat(root / "meta.mat", {"synsets": np.array(rows, fields)})
    image(root / "made.JPEG", 1)
    picture, kit = (root / "made.JPEG").read_bytes(), "ILSVRC2012_devkit_t12/data"
    truth = (f"{kit}/ILSVRC2012_validation_ground_truth.txt", b"1\n2\n1\n")
    devkit = tarred([(f"{kit}/meta.mat", (root / "meta.mat").read_bytes()), truth])
    classes = [(f"{wnid}.tar", tarred([(f"{wnid}_1.JPEG", picture)], "w")) for wnid in ("n01", "n02")]
    archives = {
        "train": ("ILSVRC2012_img_train.tar", tarred(classes, "w")),
        "val": ("ILSVRC2012_img_val.tar", tarred([(f"val_{i}.JPEG", picture) for i in (1, 2, 3)], "w")),
        "devkit": ("ILSVRC2012_devkit_t12.tar.gz", devkit),
    }
    for name, content in archives.values():
        write(root / name, content)
    return {kind: (name, md5(root / name)) for kind, (name, _) in archives.items()}


def clevr(root):
    base = Path(root) / "clevr" / "CLEVR_v1.0"
    for split in ("train", "test"):
        for i in range(2):
            image(base / "images" / split / f"CLEVR_{split}_{i:06d}.png", i)
    scenes = [{"image_filename": f"CLEVR_train_{i:06d}.png", "objects": [{}] * (3 + i)} for i in range(2)]
    write(base / "scenes" / "CLEVR_train_scenes.json", json.dumps({"scenes": scenes}).encode())


def moving_mnist(root):
    (Path(root) / "MovingMNIST").mkdir()
    np.save(Path(root) / "MovingMNIST" / "mnist_test_seq.npy", pixels(1, 20, 2, 4, 4))


def widerface(root):
    base = Path(root) / "widerface"
    names = ("0--Parade/a.jpg", "1--Handshaking/b.jpg", "1--Handshaking/c.jpg")
    for split in ("train", "val", "test"):
        for seed, name in enumerate(names):
            image(base / f"WIDER_{split}" / "images" / name, seed)
    faces = ("2\n449 330 122 149 0 0 0 0 0 0 \n361 98 263 339 1 1 0 2 1 1 \n", "0\n0 0 0 0 0 0 0 0 0 0 \n", "1\n")
    lines = "".join(f"{name}\n{told}" for name, told in zip(names, faces)) + "1 2 3 4 0 0 1 0 0 0 \n"
    write(base / "wider_face_split" / "wider_face_train_bbx_gt.txt", lines.encode())
    write(base / "wider_face_split" / "wider_face_test_filelist.txt", "".join(f"{n}\n" for n in names).encode())


def places365(root, cls):
    base = Path(root)
    lists = {
        "categories_places365.txt": "/a/airfield 0\n/b/bakery/shop 1\n",
        "places365_train_standard.txt": "/a/airfield/1.jpg 0\n/b/bakery/shop/2.jpg 1\n",
        "places365_test.txt": "Places365_test_1.jpg\n",
    }
    for name, content in lists.items():
        write(base / name, content.encode())
    for folder, name in (("data_256_standard", "a/airfield/1"), ("data_256_standard", "b/bakery/shop/2")):
        image(base / folder / f"{name}.jpg", 1)
    image(base / "test_large" / "Places365_test_1.jpg", 2)
    sums = {kind: (name, md5(base / name)) for kind, (name, _) in cls._FILE_LIST_META.items() if name in lists}
    categories = ("categories_places365.txt", md5(base / "categories_places365.txt"))
    tables = {"_FILE_LIST_META": {**cls._FILE_LIST_META, **sums}, "_CATEGORIES_META": categories}
    return type("Places365", (cls,), tables)


def cityscapes(root):
    scene = "aachen/aachen_000000_000019"
    for split in ("train", "val"):
        image(Path(root) / "leftImg8bit" / split / f"{scene}_leftImg8bit.png", 1)
        base = Path(root) / "gtFine" / split
        ids = np.array([[7, 7, 26001], [26001, 26002, 0]], np.uint16)
        image(base / f"{scene}_gtFine_labelIds.png", 2, "L")
        Image.fromarray(ids).save(base / f"{scene}_gtFine_instanceIds.png")
        image(base / f"{scene}_gtFine_color.png", 3)
        write(base / f"{scene}_gtFine_polygons.json", b'{"imgHeight": 7, "objects": []}')


def lfw(root, cls):
    base = Path(root) / "lfw-py"
    for name, n in (("Ann_Lee", 2), ("Bob_Ray", 1), ("Cy_Poe", 1)):
        for i in range(n):
            image(base / "lfw_funneled" / name / f"{name}_{i + 1:04d}.jpg", i)
    tables = {
        "people.txt": "2\n2\nAnn_Lee\t2\nBob_Ray\t1\n1\nCy_Poe\t1\n",
        "peopleDevTrain.txt": "2\nAnn_Lee\t2\nCy_Poe\t1\n",
        "pairs.txt": "2\t1\nAnn_Lee\t1\t2\nAnn_Lee\t1\tBob_Ray\t1\nAnn_Lee\t2\t1\nBob_Ray\t1\tCy_Poe\t1\n",
        "pairsDevTest.txt": "1\nAnn_Lee\t1\t2\nAnn_Lee\t1\tCy_Poe\t1\n",
        "lfw-names.txt": "Ann_Lee\t2\nBob_Ray\t1\nCy_Poe\t1\n",
        "lfw-funneled.tgz": "an archive",
    }
    for name, content in tables.items():
        write(base / name, content.encode())
    sums = {**cls.checksums, **{name: md5(base / name) for name in tables}}
    archive = ("lfw_funneled", "lfw-funneled.tgz", md5(base / "lfw-funneled.tgz"))
    return type(cls.__name__, (cls,), {"checksums": sums, "file_dict": {**cls.file_dict, "funneled": archive}})


def flickr(root):
    for i in (1, 2):
        image(Path(root) / f"100{i}_abc.jpg", i)
    rows = "".join(
        f'<tr><td><a href="x">http://www.flickr.com/photos/someone/100{i}/</a></td>'
        f"<td><ul><li>A dog {i} .</li><li> It runs .</li></ul></td></tr>"
        for i in (2, 1)
    )
    gone = "<tr><td>Image Not Found</td><td><ul><li>A cat .</li></ul></td></tr>"
    write(Path(root) / "page.html", f"<html><h5>dogs</h5><table>{rows}{gone}</table></html>".encode())
    lines = (f"100{i}_abc.jpg#{j}\tCaption {j} of {i}.\n" for j in (0, 1) for i in (2, 1))
    write(Path(root) / "table.token", "".join(lines).encode())


def inaturalist(root):
    recent = ("00000_Animalia_Arthropoda_Insecta_Odonata_Aeshnidae_Aeshna_cyanea", "00001_Plantae_A_B_C_D_E_f")
    for folder in (*(f"2021_valid/{name}" for name in recent), "2018/Aves/1", "2018/Fungi/0", "2017/Aves/Corvus corax"):
        image(Path(root) / folder / "a.jpg", 1)
    image(Path(root) / "2019" / "Aves" / "1" / "a.jpg", 1)


def sbu(root, cls):
    base = Path(root)
    write(base / "dataset" / "SBU_captioned_photo_dataset_urls.txt", b"http://x.y/a.jpg\nhttp://x.y/b.jpg\n")
    write(base / "dataset" / "SBU_captioned_photo_dataset_captions.txt", b"An apple.\nA bear.\n")
    image(base / "dataset" / "b.jpg", 2)
    write(base / "SBUCaptionedPhotoDataset.tar.gz", b"an archive")
    return type("SBU", (cls,), {"md5_checksum": md5(base / "SBUCaptionedPhotoDataset.tar.gz")})


def optical_flow(root):
    """Sintel, FlyingChairs and FlyingThings3D."""
    root = Path(root)

    def flo(path, seed):
        numbers = np.random.RandomState(seed).randn(7, 9, 2).astype("<f4")
        write(path, b"PIEH" + struct.pack("<2i", 9, 7) + numbers.tobytes())

    def pfm(path, seed):
        numbers = np.random.RandomState(seed).randn(7, 9, 3).astype("<f4")
        write(path, b"PF\n9 7\n-1.0\n" + numbers.tobytes())

    for i in range(3):
        for part in ("training/clean", "training/final", "test/clean", "test/final"):
            image(root / "Sintel" / part / "alley_1" / f"frame_{i:04d}.png", i)
        for side in ("left", "right"):
            scene = Path("TRAIN") / "A" / "0000"
            things = root / "FlyingThings3D"
            image(things / "frames_cleanpass" / scene / side / f"{i:04d}.png", i)
            for direction in ("into_future", "into_past"):
                pfm(things / "optical_flow" / scene / direction / side / f"{i:04d}.pfm", i)
    for i in range(2):
        flo(root / "Sintel" / "training" / "flow" / "alley_1" / f"frame_{i:04d}.flo", i)
        flo(root / "FlyingChairs" / "data" / f"{i:05d}_flow.flo", i)
        for j in (1, 2):
            image(root / "FlyingChairs" / "data" / f"{i:05d}_img{j}.ppm", i + j)
    write(root / "FlyingChairs" / "FlyingChairs_train_val.txt", b"1\n2\n")
