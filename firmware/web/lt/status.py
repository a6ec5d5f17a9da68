"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `status`."""

TABLE = """
web.clock = Data ir laikas
web.forecast = Prognozė
web.forecast_kept = Įrenginys pats jį atnaujina kas savaitę.
web.forecast_unknown = Nežinoma, kiek jis galios.
web.forecast_unused = Jei iki tol nebus siunčiama laiškų.
web.good_until = Galioja iki {}
web.hardware = Aparatinė įranga
web.method = Autentifikavimo būdas
web.method.oauth2 = OAuth2
web.method.off = Išjungta
web.model = Modelis
web.open_settings = Nuostatos
web.printer = Spausdintuvas
web.product = Gaminys
web.ready = Parengtas
web.root_certificates = Šakniniai sertifikatai
web.scanner = Skaitytuvas
web.scanner_document = Ant stiklo padėtas dokumentas: {}
web.scanner_empty = Parengtas, ant stiklo nieko nėra
web.serial = Serijos numeris
web.service = El. pašto paslauga
web.service.custom = Kita
web.service.exchange = Microsoft Exchange Online
web.service.outlook = Outlook.com (asmeninė)
web.smtp_host = SMTP serverio adresas
web.soon = Netrukus
web.verify = Sertifikato tikrinimas
"""
