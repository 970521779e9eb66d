// The optimiser's update of one entry.
#pragma once
#include "batch.cuh"

// Adam: m ← m + (1 − β1)(g − m), v ← v + (1 − β2)(g² − v),
// θ ← (1 − ηλ)θ − η/(1 − β1^t) · m / (√v/√(1 − β2^t) + ε); the ratio is clamped to what exact
// arithmetic allows, for the sake of a v that underflows. Returns the new θ.
__device__ __forceinline__ float adam(const Rule& rule, float theta, float g, float& m, float& v) {
    m += rule.first * (g - m);
    v += rule.second * (g * g - v);
    float scale = sqrtf(v) * rule.root_scale + rule.epsilon;
    // At ε = 0 an exactly zero gradient must not be 0/0. A NaN must stay one.
    scale = scale < 1.17549435e-38f ? 1.17549435e-38f : scale;
    float ratio = m / scale;
    ratio = ratio < -rule.largest ? -rule.largest : ratio;
    ratio = ratio > rule.largest ? rule.largest : ratio;
    return rule.keep * theta - rule.rate * ratio;
}

__device__ __forceinline__ float updated(
    const Rule& rule, float theta, float g, float& m, float& v) {
    if (rule.kind == ADAM) return adam(rule, theta, g, m, v);
    if (rule.kind == PLAIN) return theta - rule.rate * g;
    float sign = (float)((g > 0.0f) - (g < 0.0f));
    return theta - rule.rate * sign;
}

// Four entries at once; adds their g² to `squares`.
__device__ __forceinline__ void update4(
    const Rule& rule, float4& theta, const float* g, float4& m, float4& v, double& squares) {
    theta.x = updated(rule, theta.x, g[0], m.x, v.x);
    theta.y = updated(rule, theta.y, g[1], m.y, v.y);
    theta.z = updated(rule, theta.z, g[2], m.z, v.z);
    theta.w = updated(rule, theta.w, g[3], m.w, v.w);
    for (int j = 0; j < 4; j++) squares += (double)g[j] * (double)g[j];
}

// The rule of the step at hand for a factor (0: A, 1: B) of a run.
__device__ __forceinline__ Rule rule_of(const Batch& p, int run, int factor) {
    return p.rules[((index_t)(p.clock[0] - p.clock[1]) * p.runs + run) * 2 + factor];
}
