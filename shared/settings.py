"""Settings that every process has, read from the environment with the prefix `PUENTE_`. Absent means safe."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class CommonSettings(BaseSettings):
    """Read once at start; an empty variable counts as absent. Every field's description is its line of meaning in `deploy/example.env`."""

    model_config = SettingsConfigDict(env_prefix="PUENTE_", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: str = Field(
        default="",
        description="postgresql://user:password@host/puente_{service}?sslmode=verify-full&sslrootcert=FILE, where {service} is filled in, "
        "and what begins with the ? may be left out; the embedded server where empty.",
    )
    transport: Literal["local", "kafka"] = Field(default="local", description="How events travel: local (one process) or kafka.")
    kafka_bootstrap: str = Field(default="", description="Addresses of the Kafka brokers, host:port,host:port.")
    kafka_prefix: str = Field(default="", description="Put before every topic's name, for several installations on one cluster.")
    kafka_replication: int = Field(default=1, ge=1, description="Replicas of each topic that is created; 3 in production.")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = Field(default="PLAINTEXT", description="Security protocol towards Kafka.")
    kafka_username: str = Field(default="", description="SCRAM-SHA-512 user towards Kafka, with SASL_SSL.")
    kafka_password: SecretStr = Field(default=SecretStr(""), description="SCRAM-SHA-512 password towards Kafka.")
    kafka_ca_file: Path | None = Field(
        default=None, description="CA certificates that Kafka's certificate must come from; the system's where empty."
    )
    clock_file: Path | None = Field(
        default=None, description="File with an offset in seconds that moves the clock; for demonstrations only."
    )
    public_url: str = Field(default="http://127.0.0.1:8080", description="The one address that people use, as they type it.")
    applications_url: str = Field(default="", description="Where services reach the applications service; the public address where empty.")
    keys_folder: Path = Field(default=Path("var/keys"), description="Folder with the Ed25519 keys that sign identities and service tokens.")
    smtp_host: str = Field(default="127.0.0.1", description="Mail server's host.")
    smtp_port: int = Field(default=1025, description="Mail server's port.")
    smtp_username: str = Field(default="", description="User at the mail server; none where empty.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Password at the mail server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="none", description="How the connection to the mail server is secured."
    )
    mail_from: str = Field(default="Puente <no-reply@puente.example.org>", description="Sender of every message.")
    log_format: Literal["console", "json"] = Field(default="console", description="How logs are written.")
    worker_state_file: Path | None = Field(
        default=None, description="File into which a worker writes every two seconds how it is, for health checks; none where empty."
    )
    production: bool = Field(default=False, description="Refuse to start on demonstration settings.")

    def database(self, service: str) -> str:
        """The SQLAlchemy URL of one service's database."""
        url = self.database_url.replace("{service}", service)
        return url.replace("postgresql://", "postgresql+asyncpg://", 1)
