"""Quality of models at equal wall time on the same cores: this repository beside other AutoML systems."""
