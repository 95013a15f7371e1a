"""What happens to a conversation, from the recording to measures, exports and pages."""
