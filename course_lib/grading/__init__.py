"""The grading engine: `course grade`, and what it takes to trust its figures."""

import sys

# jsonschema would build a grammar of web addresses from it: a second for every process.
sys.modules.setdefault("rfc3987_syntax", None)
