"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `network`."""

TABLE = """
web.interface_up = Prijungta
web.kind_of_network = Rūšis
web.link = Ryšys
web.oauth_additional = Papildomas tinklas ({}) nepalaiko „OAuth 2.0“: laiškai su prisijungimu juo niekada \
nesiunčiami.
web.oauth_standard = „OAuth 2.0“ veikia tik standartiniu tinklu: {}.
web.web_config_at = Web Config adresas
web.where_addresses_come_from = Adresus skiria tinklas (DHCP).
"""
