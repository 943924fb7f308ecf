"""The formats of credentials that can be told from other text by their first characters."""

import re

_FORMATS = (
    r"sk-(?:ant|proj|or|svcacct|admin|live|test|lf)-[\w-]{6,}",  # OpenAI, Anthropic and others
    r"sk-(?!learn\b)(?:[A-Za-z0-9]{1,15}[_-]){0,4}?[A-Za-z0-9]{16,}",  # not Slovak names
    r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{16,}",  # Stripe
    r"A(?:KIA|SIA|ROA|IDA)[0-9A-Z]{16}\b",  # AWS
    r"AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}",  # Google
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}",
    r"gl(?:pat|ptt|rt|dt|cbt|soat)-[\w-]{16,}",  # GitLab
    r"(?:hf|api_org)_[A-Za-z0-9]{20,}",  # Hugging Face
    r"xox[abceoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}",  # Slack
    r"hooks\.slack\.com/services/T\w+/B\w+/\w+",
    r"npm_[A-Za-z0-9]{20,}|pypi-(?:Ag[\w-]{20,}|[A-Za-z0-9]{20,})|dckr_pat_[\w-]{20,}",
    r"gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}|pplx-[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{20,}",
    r"nvapi-[\w-]{20,}|tgp_v1_[\w-]{20,}|fw_[A-Za-z0-9]{20,}|lsv2_(?:pt|sk)_[\w-]{20,}",
    r"SG\.[\w-]{16,}\.[\w-]{16,}|key-[0-9a-f]{32}\b|SK[0-9a-f]{32}\b",  # SendGrid, Mailgun, Twilio
    r"hv[sb]\.[\w-]{20,}|dop_v1_[0-9a-f]{20,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,}",
    r"pcsk_\w{20,}|ntn_[A-Za-z0-9]{20,}|dapi[0-9a-f]{32}\b|AGE-SECRET-KEY-1[0-9A-Z]{20,}",
    r"(?:Account|SharedAccess)Key=[A-Za-z0-9+/=]{16,}",  # Azure
    r"mrk_[a-z0-9]+_[\w-]{16,}",  # our own
    r"eyJ[\w-]{8,}\.[\w-]{8,}",  # JWT
)
# Anchored at the start of a word: `task-classification` holds no `sk-`.
CREDENTIAL = re.compile(
    rf"(?<![A-Za-z0-9])(?:{'|'.join(_FORMATS)})|-----BEGIN [A-Z0-9 ]*PRIVATE KEY", re.ASCII
)
