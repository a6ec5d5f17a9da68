"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `restart`."""

TABLE = """
web.reset = Atkurti gamyklines nuostatas
web.reset_done = Įrenginys viską ištrina ir pasileidžia iš naujo. Po minutės prisijunkite slaptažodžiu iš etiketės.
web.reset_sure = Taip, viską ištrinti
web.reset_text = Ištrinamos visos nuostatos, prisijungimai, naudotojai, adresai, užduotys ir žurnalai. Vėl galioja \
slaptažodis iš etiketės. Debesijoje suteikti leidimai lieka, kol juos kas nors atšaukia: pirmiausia atsijunkite nuo \
paslaugos.
web.restart_busy = Siunčiama užduotis. Po paleidimo ji bus pradėta iš naujo, jei dokumentas dar ten.
web.restart_done = Įrenginys pasileidžia iš naujo. Po minutės vėl atverkite Web Config.
web.restart_now = Paleisti iš naujo
web.restart_text = Niekas neprarandama. Trunka mažiau nei minutę.
web.restart_tick = Suprantu, kad viskas bus ištrinta
web.restart_tick_missing = Jei to norite, pažymėkite langelį.
"""
