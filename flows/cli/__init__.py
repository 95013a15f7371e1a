"""The command line: options, what is printed, logs, the doctor."""
