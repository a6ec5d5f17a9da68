"""Words of Web Config in English (`firmware/web/words.py`): of `network`."""

TABLE = """
web.interface_up = Connected
web.kind_of_network = Kind
web.link = Link
web.oauth_additional = The additional network ({}) does not support OAuth 2.0: email with a sign-in is never sent \
over it.
web.oauth_standard = OAuth 2.0 goes over the standard network only: {}.
web.web_config_at = Address of Web Config
web.where_addresses_come_from = The addresses come from the network (DHCP).
"""
