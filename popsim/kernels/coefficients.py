"""Polynomials of the kernels, made by docs/derivations/polynomials.py; lowest power first."""

LOG = (  # (log(1 + t) - t) / t^2 for 1 + t from sqrt(1/2) to sqrt(2); largest error 7.9e-10
    float.fromhex("-0x1.ffffef3fb5fccp-2"),
    float.fromhex("0x1.55554bcdaf867p-2"),
    float.fromhex("-0x1.00065e05a842fp-2"),
    float.fromhex("0x1.99a83a66bc518p-3"),
    float.fromhex("-0x1.53d5923fc9234p-3"),
    float.fromhex("0x1.22003f306ef2ap-3"),
    float.fromhex("-0x1.110de52ba340ep-3"),
    float.fromhex("0x1.0b6fd258edd77p-3"),
    float.fromhex("-0x1.379ea3c13fb79p-4"),
)

CENTRAL = (  # z / v in w = -log(4 u (1 - u)) up to 8, v = u - 1/2; largest error 2.4e-10
    float.fromhex("0x1.40d931f2cde86p+1"),
    float.fromhex("0x1.4ffde388cfb21p-1"),
    float.fromhex("0x1.0b98568797c58p-5"),
    float.fromhex("-0x1.b09bc4913b2dbp-8"),
    float.fromhex("-0x1.82eec7c818a56p-12"),
    float.fromhex("0x1.25b16f8b73a8fp-13"),
    float.fromhex("-0x1.cc27abaaa0e08p-21"),
    float.fromhex("0x1.a325e2df32114p-21"),
    float.fromhex("-0x1.9a9fc5621740cp-20"),
    float.fromhex("0x1.e87717ec4c1bcp-22"),
    float.fromhex("-0x1.2e0d10945b263p-24"),
    float.fromhex("0x1.ca1d030979f1ep-28"),
    float.fromhex("-0x1.b12f478a58d81p-32"),
    float.fromhex("0x1.d96019e457cc3p-37"),
    float.fromhex("-0x1.cba6d5b5c6862p-43"),
)

TAIL = (  # z in sqrt(w) - 4.4, w from 8 to 36; largest error 2.0e-11
    float.fromhex("0x1.80195697ceb21p+2"),
    float.fromhex("0x1.6db6fa6becfecp+0"),
    float.fromhex("0x1.592a64550b682p-11"),
    float.fromhex("-0x1.6d823f875ab23p-11"),
    float.fromhex("0x1.f45774a61d50ap-13"),
    float.fromhex("-0x1.122883998e4ddp-14"),
    float.fromhex("0x1.0e25c4c748642p-16"),
    float.fromhex("-0x1.e8d87b36802fdp-19"),
    float.fromhex("0x1.8907ea1aa3d9dp-21"),
    float.fromhex("-0x1.175485095b6dfp-23"),
    float.fromhex("0x1.4528b9b4754abp-27"),
    float.fromhex("0x1.61369e26f049bp-26"),
    float.fromhex("-0x1.d66080ad1e5b6p-27"),
    float.fromhex("0x1.4bd4cc35c1883p-29"),
    float.fromhex("0x1.1171534898e6bp-33"),
)

EXP = (  # (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2; largest error 5.2e-11
    float.fromhex("0x1.0000003a237d9p-1"),
    float.fromhex("0x1.555554433bf57p-3"),
    float.fromhex("0x1.55548dc485d0ep-5"),
    float.fromhex("0x1.111270b3103b0p-7"),
    float.fromhex("0x1.6d8d06e6d4c6bp-10"),
    float.fromhex("0x1.9f08963cd4ceap-13"),
)
