"""The benchmark: each goal of docs/performance.md as a ratio to a floor that is measured in the same run."""
