"""Words of Web Config in English (`firmware/web/words.py`): of `contacts`."""

TABLE = """
web.contact_add = Add a Contact
web.contact_address = Email Address
web.contact_change = Change the Contact
web.contact_name = Name
web.contact_remove = Remove
web.contact_removed = The contact was removed.
web.contact_saved = The contact was saved.
web.contacts_count = Contacts on the panel: {} of {}
web.contacts_none = There are none yet. People at the panel choose from here, or type an address.
"""
