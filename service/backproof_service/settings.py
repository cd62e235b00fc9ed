"""Settings of the service: flags and BACKPROOF_* variables, each with its default."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1 << 20
GIB = 1 << 30

LIMITS = (
    "max_body_bytes",
    "max_dataset_bytes",
    "max_layers",
    "max_layer_width",
    "max_parameters",
    "max_epochs",
    "max_unfinished_jobs",
    "memory_budget_bytes",
    "max_gradients_flops",
    "max_check_flops",
    "max_answer_numbers",
    "max_derivation_nodes",
    "max_derivation_bytes",
)


class Settings(BaseSettings):
    """How one service is run; every field is also the variable BACKPROOF_<FIELD>."""

    model_config = SettingsConfigDict(env_prefix="BACKPROOF_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data: Path = Field(Path("data"), description="Folder of the job table and of the blobs.")
    workers: int | None = Field(None, ge=1, description="Worker processes; as many as there are cores when absent.")
    in_process_engine: bool = Field(
        default=False, description="Run jobs in threads of this process, not in worker processes."
    )
    max_attempts: int = Field(5, ge=1, description="Attempts that may die before a job is given up.")

    max_body_bytes: int = Field(64 * MIB, ge=1024, description="Largest request body, data sets excepted.")
    max_dataset_bytes: int = Field(GIB, ge=1024, description="Largest data set, as uploaded and as unpacked.")
    max_layers: int = Field(64, ge=1, description="Most layers of a network.")
    max_layer_width: int = Field(65_536, ge=1, description="Most neurons of a layer.")
    max_parameters: int = Field(50_000_000, ge=1, description="Most weights and biases of a network.")
    max_epochs: int = Field(10_000_000, ge=1, description="Most epochs of a run.")
    max_unfinished_jobs: int = Field(20_000, ge=1, description="Most jobs that wait or run at one time; then 503.")
    memory_budget_bytes: int = Field(2 * GIB, ge=MIB, description="Most memory that one computation may take.")
    max_gradients_flops: int = Field(10**12, ge=1, description="Most floating-point operations of one /gradients.")
    max_check_flops: int = Field(
        5 * 10**11, ge=1, description="Most floating-point operations of one /gradients/check."
    )
    max_answer_numbers: int = Field(8_000_000, ge=1, description="Most numbers that one /gradients answers.")
    max_derivation_nodes: int = Field(
        250_000, ge=1, description="Most nodes that all lines of one /derivations may hold together."
    )
    max_derivation_bytes: int = Field(
        256 * MIB, ge=1, description="Most memory that one line of /derivations may take on the data."
    )

    direct_flops: int = Field(2 * 10**9, ge=0, description="/gradients predicted to take more becomes a job.")
    direct_bytes: int = Field(256 * MIB, ge=0, description="/gradients predicted to need more memory becomes a job.")

    @property
    def limits(self) -> dict[str, int]:
        """The limits by name, as /capabilities states them."""
        return {name: getattr(self, name) for name in LIMITS}
