"""The least that can mail a document by STARTTLS and XOAUTH2 on MicroPython: a script without checks, to compare with.

Arguments: a file of JSON {"port", "blob", "from", "to", "mail": path}. Prints milliseconds from connect to the final 250.
"""

import json
import socket
import ssl
import sys
import time

with open(sys.argv[1]) as file:
    plan = json.load(file)
with open(plan["mail"], "rb") as file:
    mail = file.read()


def expect(stream, code):
    while True:
        line = stream.readline()
        if line[3:4] == b" ":
            assert line[:3] == code, line
            return


started = time.ticks_us()
plain = socket.socket()
plain.setsockopt(6, 1, 1)
plain.connect(socket.getaddrinfo("127.0.0.1", plan["port"])[0][-1])
stream = plain
expect(stream, b"220")
stream.write(b"EHLO printer\r\n")
expect(stream, b"250")
stream.write(b"STARTTLS\r\n")
expect(stream, b"220")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_REQUIRED
with open(plan["ca"], "rb") as file:
    context.load_verify_locations(cadata=file.read())
stream = context.wrap_socket(plain, server_hostname="smtp-mail.outlook.com")
stream.write(b"EHLO printer\r\n")
expect(stream, b"250")
stream.write(b"AUTH XOAUTH2\r\n")
expect(stream, b"334")
stream.write(plan["blob"].encode() + b"\r\n")
expect(stream, b"235")
stream.write(b"MAIL FROM:<" + plan["from"].encode() + b">\r\n")
expect(stream, b"250")
stream.write(b"RCPT TO:<" + plan["to"].encode() + b">\r\n")
expect(stream, b"250")
stream.write(b"DATA\r\n")
expect(stream, b"354")
for start in range(0, len(mail), 4096):
    stream.write(mail[start : start + 4096])
stream.write(b"\r\n.\r\n")
expect(stream, b"250")
print(time.ticks_diff(time.ticks_us(), started) / 1000)
stream.write(b"QUIT\r\n")
