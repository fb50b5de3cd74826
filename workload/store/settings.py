"""Which database: a département's own (WORKLOAD_DATABASE_URL), else the embedded one (under WORKLOAD_DATA_DIR)."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class StoreSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="WORKLOAD_", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: SecretStr | None = None
    """Holds a password, so it never prints."""

    data_dir: Path = Path("var")
    """Where the embedded server's data lie, in the subfolder `postgresql`."""

    web_url: str | None = None
    """Address of the page where sheets are imported, for links in the published tables; none while there is none."""
