"""How the pages are served: WORKLOAD_WEB_… in the environment. Secrets never print; weak ones are refused."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LEAST_SECRET = 32
NOT_A_SECRET = ("change", "secret", "password", "motdepasse", "mot-de-passe", "default", "example", "exemple")


class WebOptions(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="WORKLOAD_WEB_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # a refused secret is a secret still
    )

    base_url: str = "http://127.0.0.1:8000"
    """As people's browsers name us; its scheme decides whether cookies are for HTTPS only."""
    trusted_hosts: tuple[str, ...] = ()
    """Other names we answer to; the name in base_url is one of them always."""
    language: Literal["fr", "en"] = "fr"

    idle_minutes: int = Field(default=30, ge=1, le=24 * 60)
    longest_hours: int = Field(default=10, ge=1, le=24)

    largest_upload_mb: int = Field(default=64, ge=1, le=2048)
    largest_body_kb: int = Field(default=256, ge=16)
    """Of anything that is not a file."""
    body_seconds: int = Field(default=120, ge=1)
    """How long a request's body may take to arrive."""

    superset_url: str = ""
    """Where people's browsers find Superset; nothing where it does not run."""

    secret: SecretStr | None = None
    """Keys the hashes of addresses and what we sign; made once and kept in the data folder where absent."""

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_label: str = "compte de la collectivité"
    oidc_group_claim: str = "groups"
    oidc_group_roles: dict[str, str] = {}
    """Group → role (or "responsable:territory"): makes an account at first entry. Empty: the administration prepares
    every account."""

    @field_validator("base_url")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")) or "@" in value:
            raise ValueError("http://… or https://…")
        return value.rstrip("/")

    @field_validator("secret", "oidc_client_secret")
    @classmethod
    def _strong(cls, value: SecretStr | None) -> SecretStr | None:
        said = value.get_secret_value() if value else ""
        if value and (len(set(said)) < 8 or said.lower().startswith(NOT_A_SECRET)):
            raise ValueError("a default or a repeated letter is no secret")
        return value

    @model_validator(mode="after")
    def _long(self) -> "WebOptions":
        if self.secret and len(self.secret.get_secret_value()) < LEAST_SECRET:
            raise ValueError(f"at least {LEAST_SECRET} characters")
        if self.oidc_client_secret and len(self.oidc_client_secret.get_secret_value()) < LEAST_SECRET // 2:
            raise ValueError(f"at least {LEAST_SECRET // 2} characters")
        return self

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def idle(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    @property
    def longest(self) -> timedelta:
        return timedelta(hours=self.longest_hours)

    @property
    def oidc(self) -> bool:
        return bool(self.oidc_issuer and self.oidc_client_id)
