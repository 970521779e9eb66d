"""Small models of every family that `advise` knows, by the configurations of transformers.

No two sizes of a model are equal, so that a swapped pair cannot go unnoticed.
"""

import transformers as t

# Sizes that the classes of most decoders share.
DECODER = dict(
    vocab_size=131,
    hidden_size=48,
    intermediate_size=80,
    num_hidden_layers=3,
    num_attention_heads=6,
    num_key_value_heads=2,
    max_position_embeddings=40,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
)
ENCODER = dict(
    vocab_size=131,
    hidden_size=48,
    intermediate_size=80,
    num_hidden_layers=3,
    num_attention_heads=6,
    max_position_embeddings=40,
    type_vocab_size=3,
    pad_token_id=0,
)


def gemma3():
    """A Gemma 3 whose text model is the only thing that the cases adapt."""
    text = t.Gemma3TextConfig(**DECODER, head_dim=16)
    vision = t.SiglipVisionConfig(
        hidden_size=32, intermediate_size=40, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14
    )
    return t.Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=1)


def configs():
    """model_type, then its configuration."""
    plain = {key: value for key, value in DECODER.items() if key != "num_key_value_heads"}
    return {
        "llama": t.LlamaConfig(**DECODER),
        "mistral": t.MistralConfig(**DECODER, head_dim=10),
        "qwen2": t.Qwen2Config(**DECODER),
        "qwen3": t.Qwen3Config(**DECODER, head_dim=16),
        "gemma": t.GemmaConfig(**DECODER, head_dim=16),
        "gemma2": t.Gemma2Config(**DECODER, head_dim=16),
        "gemma3_text": t.Gemma3TextConfig(**DECODER, head_dim=16),
        "gemma3": gemma3(),
        "phi": t.PhiConfig(**DECODER),
        "phi3": t.Phi3Config(**DECODER),
        "gpt2": t.GPT2Config(vocab_size=131, n_positions=40, n_embd=48, n_layer=3, n_head=6, pad_token_id=0),
        "gpt_neox": t.GPTNeoXConfig(**plain),
        "opt": t.OPTConfig(
            vocab_size=131, hidden_size=48, ffn_dim=80, num_hidden_layers=3, num_attention_heads=6,
            max_position_embeddings=40, word_embed_proj_dim=24, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        ),
        "bert": t.BertConfig(**ENCODER),
        "roberta": t.RobertaConfig(**ENCODER),
        "xlm-roberta": t.XLMRobertaConfig(**ENCODER),
        "distilbert": t.DistilBertConfig(vocab_size=131, dim=48, hidden_dim=80, n_layers=3, n_heads=6, max_position_embeddings=40),
    }


# The classes of transformers that a family is loaded with, by PEFT's name of the task.
DECODERS = {
    "CAUSAL_LM": t.AutoModelForCausalLM,
    "SEQ_CLS": t.AutoModelForSequenceClassification,
    "FEATURE_EXTRACTION": t.AutoModel,
}
ENCODERS = {
    None: t.AutoModelForMaskedLM,
    "SEQ_CLS": t.AutoModelForSequenceClassification,
    "TOKEN_CLS": t.AutoModelForTokenClassification,
    "QUESTION_ANS": t.AutoModelForQuestionAnswering,
    "FEATURE_EXTRACTION": t.AutoModel,
}


def tasks(model_type):
    return ENCODERS if "bert" in model_type else DECODERS
