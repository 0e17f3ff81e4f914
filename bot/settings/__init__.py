"""Settings and phase files: what operators write, validated with every complaint at once."""
