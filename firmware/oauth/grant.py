"""What the cloud granted to a sign-in attempt, in memory only until a person presses OK (manual R07).

Apart from `signin.py`, so that the code of the attempt can be let go while the grant waits.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.oauth.answers import Identity, Tokens


class Grant:
    """`received_ticks`: when, by the monotonic clock; `missing_scope`: asked for and not given."""

    def __init__(self, tokens: "Tokens", identity: "Identity", received_ticks: int) -> None:
        self.address = identity.address
        self.tenant = identity.tenant
        self.name = identity.name
        self.access_token = tokens.access_token
        self.refresh_token = tokens.refresh_token
        self.expires_in_s = tokens.expires_in_s
        self.scope = tokens.scope
        self.missing_scope = tokens.missing_scope
        self.received_ticks = received_ticks
