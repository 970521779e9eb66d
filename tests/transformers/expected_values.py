"""What a case expects of an engine, computed twice."""

import lora_run
import sanity
import wrong_models


def compute(model, settings: dict, batches: list) -> tuple[dict, dict]:
    """What a case expects, in f32 and in f64. Trains the model."""
    error = settings["planted"]
    settings = settings | wrong_models.SETTINGS.get(error, {})
    plant = wrong_models.ERRORS.get(error, wrong_models.none)

    def values(model):
        with plant(model):
            if settings["r"] == 0:
                return lora_run.forward(model, settings, batches[0])
            return lora_run.run(model, settings, batches)

    with lora_run.all_in_f64():
        exact = values(lora_run.in_f64(model))
        untrained = lora_run.in_f64(model)
        with plant(untrained):
            sanity.check_gradient(untrained, settings, batches, exact)
    found = values(model)
    return found, exact
