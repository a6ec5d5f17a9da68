"""Words of Web Config in Lithuanian (`firmware/web/words.py`): of `roots`."""

TABLE = """
web.roots_collection = Rinkinys ir versija
web.roots_count = Sertifikatų skaičius
web.roots_now = Integruotieji šakniniai sertifikatai
web.roots_text = Šakniniai sertifikatai yra programinės įrangos dalis ir naujinami kartu su ja: įdiekite naują \
programinės įrangos versiją. Per tinklą jų pakeisti niekas negali.
"""
