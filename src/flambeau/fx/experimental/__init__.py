"""torch.fx.experimental: rewriting of networks for evaluation."""
