"""Words of Web Config in English (`firmware/web/words.py`): of `roots`."""

TABLE = """
web.roots_collection = Collection and version
web.roots_count = Number of certificates
web.roots_now = Built-in root certificates
web.roots_text = The root certificates are a part of the firmware and are updated with it: install a new version of \
the firmware. Nobody can change them over the network.
"""
