"""Words of Web Config in English (`firmware/web/words.py`): of `restart`."""

TABLE = """
web.reset = Reset to Factory Settings
web.reset_done = The device erases everything and restarts. Log in with the password on its label in a minute.
web.reset_sure = Yes, erase everything
web.reset_text = Erases all settings, sign-ins, users, contacts, jobs and logs. The password on the label counts \
again. What was granted at the cloud stays there until somebody revokes it: sign out before.
web.restart_busy = A job is being sent. It begins anew after the restart if its document still lies there.
web.restart_done = The device restarts. Open Web Config again in a minute.
web.restart_now = Restart
web.restart_text = Nothing is lost. It takes less than a minute.
web.restart_tick = I know that everything is erased
web.restart_tick_missing = Tick the box if you want this.
"""
