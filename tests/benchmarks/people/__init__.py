"""The benchmark on conversations that people scored."""
