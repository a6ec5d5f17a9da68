"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `email`."""

TABLE = """
web.account = Autentifikuota paskyra
web.account_note = Įrašoma prisijungus.
web.ask_changed = Kol puslapis buvo atvertas, šias nuostatas pakeitė kitas administratorius. Išsaugojus jo \
pakeitimas dings.
web.ask_erase = Pakeitus {} bus ištrintas prisijungimas {}. Kol administratorius neprisijungs iš naujo, laiškai \
nebus siunčiami (kodas 360).
web.ask_previous = Prisijungėte kaip {} (organizacija {}). Iki šiol įrenginys buvo prisijungęs kaip {} (organizacija \
{}).
web.ask_sender = Prisijungėte kaip {}, bet siuntėjo el. pašto adresas yra {}.
web.ask_sign_out = Atjungti {}? Prisijungimas bus ištrintas iš įrenginio. Kol administratorius neprisijungs iš \
naujo, laiškai nebus siunčiami (kodas 360).
web.ask_sign_out_unsaved = Atsisakyti neišsaugoto prisijungimo {}? Tai, kas įrenginyje išsaugota, nepasikeis.
web.ask_unfit = Naujas prisijungimas gautas su kitomis nuostatomis ({}). Jis nebus išsaugotas.
web.ask_verify = Sertifikato tikrinimas bus išjungtas: įrenginys netikrins, ar kalba su tikruoju pašto serveriu, \
todėl įsiterpęs asmuo gali skaityti laiškus ir perimti prisijungimą. Rekomenduojama įjungti.
web.authority = Prisijungimo tarnyba (authority)
web.ca = CA sertifikatas (PEM)
web.ca_note = Jei tuščia, galioja integruotieji šakniniai sertifikatai. Ne daugiau kaip 4 sertifikatai.
web.client_id = Kliento ID
web.custom = Kita paslauga
web.custom_note = Jūsų pačių prisijungimo paslauga ir pašto serveris. Prisijungimas galioja tik su šiomis \
nuostatomis: pakeitus bent vieną, jis ištrinamas.
web.discard = Atsisakyti
web.fax_domain = Fakso serverio domenas
web.fax_domain_note = Faksas numeriu 012345 siunčiamas kaip laiškas adresu 012345@ šis domenas.
web.fax_note = Fakso serveris turi savo paskyrą ir prisijungimą, atskirus nuo įrenginio.
web.good_for = Nenaudojamas galios dar tiek dienų: {}
web.grant_gone = Prisijungimas nebegalioja ir neišsaugotas. Prisijunkite iš naujo.
web.granted = Prisijungti pavyko.
web.keep_alive = Palaikyti prisijungimą
web.keep_alive_note = Įjungta: nenaudojamas prisijungimas kas savaitę atnaujinamas. Išjungta: nenaudojamas jis \
baigiasi maždaug po 90 dienų.
web.method = Autentifikavimo būdas
web.method.oauth2 = OAuth2
web.method.off = Išjungta
web.method_first = Norėdami prisijungti, pasirinkite „OAuth2“.
web.not_saved = Neišsaugota
web.note_standard = „OAuth 2.0“ veikia tik standartiniu tinklu ({}). Papildomas tinklas ({}) „OAuth 2.0“ nepalaiko: \
norėdami siųsti laiškus su šiuo prisijungimu, prijunkite standartinį tinklą.
web.notice_certificate = El. pašto serverio saugos funkcijoms reikia sertifikato. Žr.
web.password = Autentifikavimo slaptažodis
web.password_note = Su „OAuth2“ nenaudojamas. Palikite tuščią, jei norite palikti įrašytąjį.
web.pop3_host = POP3 serverio adresas
web.pop3_note = Su „OAuth2“ nenaudojamas.
web.pop3_port = POP3 serverio prievado numeris
web.saved = Nuostatos išsaugotos.
web.saved_sign_in = Prisijungimas ir nuostatos išsaugoti. Dabar įrenginys gali siųsti laiškus.
web.scope = Leidimai (scope)
web.secure = Saugus ryšys
web.secure.none = Nėra
web.secure.starttls = STARTTLS
web.secure.tls = SSL/TLS
web.sender = Siuntėjo el. pašto adresas
web.sender_note = Jei tuščias, tai prisijungusi paskyra.
web.sender_of = „Į mano el. paštą“ siuntėjas
web.sender_of.device = Siuntėjo el. pašto adresas
web.sender_of.user = Naudotojo el. pašto adresas
web.service = El. pašto paslauga
web.service.custom = Kita
web.service.exchange = Microsoft Exchange Online
web.service.outlook = Outlook.com (asmeninė)
web.sign_in = Prisijungti
web.sign_in_again = Prisijungti dar kartą
web.sign_out = Atsijungti nuo paslaugos
web.signed_out = Įrenginys atjungtas. Jo prisijungimas ištrintas.
web.smtp_host = SMTP serverio adresas
web.smtp_port = SMTP serverio prievado numeris
web.somebody_else = Šiuo metu įrenginį prijungia kitas administratorius.
web.tenant = Organizacija {}
web.unsaved = Neišsaugotas prisijungimas
web.unsaved_other = Jis gautas su kitomis nuostatomis nei žemiau ir su jomis neišsaugomas: {}.
web.unsaved_text = {} prisijungė tik šiame puslapyje. Įrenginys prisijungimo neturi, kol nepaspausite „Gerai“.
web.verify = Sertifikato tikrinimas
web.verify_note = Rekomenduojama įjungti. Išjungus įrenginys netikrina, ar kalba su tikruoju serveriu: įsiterpęs \
asmuo gali skaityti laiškus ir perimti prisijungimą.
web.verify_off = Sertifikato tikrinimas išjungtas. Pašto serverio tapatybė netikrinama.
"""
