from tests.components.conftest import deployed, dev, prod

__all__ = ["deployed", "dev", "prod"]
