"""What makes an exercise and tries it: release, check, sample, audit."""
