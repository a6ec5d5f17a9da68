"""Words of Web Config in English (`firmware/web/words.py`): of `status`."""

TABLE = """
web.clock = Date and Time
web.forecast = Forecast
web.forecast_kept = The device renews it every week by itself.
web.forecast_unknown = How long it is good for is not known.
web.forecast_unused = Unless email is sent before.
web.good_until = Good until {}
web.hardware = Hardware
web.method = Authentication Method
web.method.oauth2 = OAuth2
web.method.off = Off
web.model = Model
web.open_settings = Settings
web.printer = Printer
web.product = Product
web.ready = Ready
web.root_certificates = Root Certificates
web.scanner = Scanner
web.scanner_document = A document lies on the glass: {}
web.scanner_empty = Ready, nothing lies on the glass
web.serial = Serial Number
web.service = Email service
web.service.custom = Custom
web.service.exchange = Microsoft Exchange Online
web.service.outlook = Outlook.com (personal)
web.smtp_host = SMTP Server Address
web.soon = Soon
web.verify = Certificate Validation
"""
