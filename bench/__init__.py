"""Speed, as ratios: every row against a peer or a floor measured in the same run."""
