"""What happens to a conversation, from the recording to measures, exports and pages."""

import os

# Read once, when torch is loaded: threads that spin while they wait halt each other on a machine with few cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
