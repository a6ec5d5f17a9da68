"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `users`."""

TABLE = """
web.pin = Įveskite PIN arba slaptažodį: {}–64 ženklai.
web.user_add = Pridėti naudotoją
web.user_admin = Spausdintuvo administratorius
web.user_admin_note = Prisijungia pirmas ir duoda sutikimą organizacijos vardu.
web.user_administrator = Administratorius
web.user_change = Keisti naudotoją
web.user_changed = Šį naudotoją tuo metu pakeitė kitas. Pasirinkite jį sąraše iš naujo.
web.user_email = El. pašto adresas
web.user_id = ID sudaro iki {} ženklų: raidės a–z, skaitmenys, taškai, brūkšneliai, pabraukimai.
web.user_id_label = Naudotojo ID
web.user_id_note = Raidės a–z, skaitmenys ir . - _
web.user_name = Rodomas vardas
web.user_pin = PIN arba slaptažodis
web.user_pin_kept = Jei tuščias, lieka koks buvo.
web.user_pin_note = Bent 4 ženklai. Su juo naudotojas prisijungia valdymo skyde.
web.user_remove = Šalinti
web.user_removed = Naudotojas ir jo prisijungimas pašalinti.
web.user_saved = Naudotojas išsaugotas.
web.user_twice = Toks ID jau yra: {}.
web.users_count = Naudotojų: {} iš {}
web.users_first = Nuo pradžios
web.users_full = Telpa naudotojų: {}.
web.users_intro = Jie valdymo skyde gali naudotis funkcija „Į mano el. paštą“. Pirmą kartą kiekvienas prisijungia \
savo paskyra.
web.users_next = Daugiau naudotojų
web.users_none = Dar nėra nė vieno.
"""
