"""What Hypercare is delivered with: the bill of materials, known advisories, and hardened files."""
