"""What errors of hearing do to measures and colours."""
