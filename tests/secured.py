"""A broker that wants to know who calls, and encrypts: listeners for SASL, TLS and both.

The certificates are made by the JDK's keytool, which is there where Kafka is.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import UserScramCredentialUpsertion

from streams.settings import KafkaSettings, Settings
from tests.real import Broker, free_port

USER, PASSWORD = "desk", "open-sesame"
_STORE = "changeit"
_SUBJECT = ["-keyalg", "EC", "-validity", "30", "-storetype", "PKCS12"]


class Secured(Broker):
    """A broker with four more listeners: SASL, TLS, BOTH, and MUTUAL, which wants a certificate.

    Args:
        folder: As of `Broker`.

    Attributes:
        ports: The port of each listener.
        authority: The certificate of the authority that signed the broker's.
        certificate: One that MUTUAL takes, in PEM.
        key: Its key.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ports = {name: free_port() for name in ("SASL", "TLS", "BOTH", "MUTUAL")}
        self.authority = self.folder / "authority.pem"
        self.certificate = self.folder / "client.pem"
        self.key = self.folder / "client-key.pem"
        self._certificates()
        self._listen()

    def settings(self, listener: str, **changed: Any) -> Settings:
        """Settings that fit a listener, but for what is changed."""
        protocols = {"SASL": "SASL_PLAINTEXT", "BOTH": "SASL_SSL"}
        fields: dict[str, Any] = {
            "bootstrap_servers": f"127.0.0.1:{self.ports[listener]}",
            "security_protocol": protocols.get(listener, "SSL"),
        }
        if listener in protocols:
            fields |= {
                "sasl_mechanism": "PLAIN", "sasl_username": USER, "sasl_password": PASSWORD
            }  # fmt: skip
        if listener != "SASL":
            fields["ssl_cafile"] = self.authority
        if listener == "MUTUAL":
            fields |= {"ssl_certfile": self.certificate, "ssl_keyfile": self.key}
        return Settings(engine="cluster", kafka=KafkaSettings(**{**fields, **changed}))

    def start(self) -> None:
        """Start it, with a user for SCRAM."""
        super().start()
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(USER, "SCRAM-SHA-512", PASSWORD)]
        )
        admin.close()

    def _listen(self) -> None:
        lines = dict(
            line.split("=", 1)
            for line in self._properties.read_text().splitlines()
            if "=" in line and not line.startswith("#")
        )
        more = [f"{name}://127.0.0.1:{port}" for name, port in self.ports.items()]
        for name in ("listeners", "advertised.listeners"):
            lines[name] = ",".join([lines[name], *more])
        lines["listener.security.protocol.map"] += (
            ",SASL:SASL_PLAINTEXT,TLS:SSL,BOTH:SASL_SSL,MUTUAL:SSL"
        )
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        for name in ("sasl", "both"):
            start = f"listener.name.{name}"
            lines[f"{start}.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-512"
            lines[f"{start}.plain.sasl.jaas.config"] = f'{plain} user_{USER}="{PASSWORD}";'
            lines[f"{start}.scram-sha-512.sasl.jaas.config"] = scram
        for name in ("tls", "both", "mutual"):
            lines |= {
                f"listener.name.{name}.ssl.keystore.location": str(self.folder / "broker.p12"),
                f"listener.name.{name}.ssl.keystore.password": _STORE,
                f"listener.name.{name}.ssl.keystore.type": "PKCS12",
            }
        lines |= {
            "listener.name.mutual.ssl.client.auth": "required",
            "listener.name.mutual.ssl.truststore.location": str(self.folder / "trusted.p12"),
            "listener.name.mutual.ssl.truststore.password": _STORE,
            "listener.name.mutual.ssl.truststore.type": "PKCS12",
        }
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))

    def _certificates(self) -> None:
        self._keytool(
            "-genkeypair", "-alias", "authority", "-keystore", "authority.p12",
            "-dname", "CN=Test authority", "-ext", "bc=ca:true", "-ext", "ku=keyCertSign",
            *_SUBJECT,
        )  # fmt: skip
        self._keytool(
            "-exportcert", "-rfc", "-alias", "authority", "-keystore", "authority.p12",
            "-file", self.authority.name,
        )  # fmt: skip
        for name in ("broker", "client"):
            store = f"{name}.p12"
            self._keytool(
                "-genkeypair", "-alias", name, "-keystore", store, "-dname", f"CN={name}", *_SUBJECT
            )
            self._keytool("-certreq", "-alias", name, "-keystore", store, "-file", f"{name}.csr")
            self._keytool(
                "-gencert", "-rfc", "-alias", "authority", "-keystore", "authority.p12",
                "-infile", f"{name}.csr", "-outfile", f"{name}.crt", "-validity", "30",
                "-ext", "san=ip:127.0.0.1,dns:localhost",
            )  # fmt: skip
            for alias, file in (("authority", self.authority.name), (name, f"{name}.crt")):
                self._keytool(
                    "-importcert", "-noprompt", "-alias", alias, "-keystore", store, "-file", file
                )
        self._keytool(
            "-importcert", "-noprompt", "-alias", "authority", "-keystore", "trusted.p12",
            "-storetype", "PKCS12", "-file", self.authority.name,
        )  # fmt: skip
        self.certificate.write_text((self.folder / "client.crt").read_text())
        self.key.write_text(self._private_key())

    def _keytool(self, *arguments: str) -> None:
        done = subprocess.run(
            ["keytool", *arguments, "-storepass", _STORE],  # noqa: S607  # the JDK's, on the path
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, f"keytool: {done.stdout}{done.stderr}"

    def _private_key(self) -> str:
        """The client's key in PEM; keytool keeps keys to itself, Java's library does not."""
        source = self.folder / "Key.java"
        source.write_text(
            "import java.io.*; import java.security.*; import java.util.*;\n"
            "public class Key { public static void main(String[] a) throws Exception {\n"
            '  KeyStore store = KeyStore.getInstance("PKCS12");\n'
            "  try (InputStream in = new FileInputStream(a[0])) {\n"
            "    store.load(in, a[1].toCharArray()); }\n"
            '  byte[] key = store.getKey("client", a[1].toCharArray()).getEncoded();\n'
            '  System.out.println("-----BEGIN PRIVATE KEY-----");\n'
            "  System.out.println(Base64.getMimeEncoder(64, new byte[]{10}).encodeToString(key));\n"
            '  System.out.println("-----END PRIVATE KEY-----"); } }\n'
        )
        done = subprocess.run(
            ["java", source.name, "client.p12", _STORE],  # noqa: S607  # the JDK's, on the path
            cwd=self.folder,
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout
