"""Search over everything said, and topics counted per call."""
