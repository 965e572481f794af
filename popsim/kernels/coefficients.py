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

CENTRAL = (  # z / x in log(1 - x^2) from -8 to 0, x = 2 u - 1; largest error 2.4e-10
    float.fromhex("0x1.40d931f2cde87p+0"),
    float.fromhex("-0x1.4ffde388cf70ep-2"),
    float.fromhex("0x1.0b985687aa352p-6"),
    float.fromhex("0x1.b09bc492b7359p-9"),
    float.fromhex("-0x1.82eec7a2c4deep-13"),
    float.fromhex("-0x1.25b16f41d13a6p-14"),
    float.fromhex("-0x1.cc277bfdde662p-22"),
    float.fromhex("-0x1.a325cdd41e7eap-22"),
    float.fromhex("-0x1.9a9fc223934b8p-21"),
    float.fromhex("-0x1.e87715193b9b3p-23"),
    float.fromhex("-0x1.2e0d0ed9c2a04p-25"),
    float.fromhex("-0x1.ca1d001ffbda8p-29"),
    float.fromhex("-0x1.b12f445405252p-33"),
    float.fromhex("-0x1.d96015b6f4fabp-38"),
    float.fromhex("-0x1.cba6d0db372e0p-44"),
)

TAIL = (  # z in sqrt(-log(1 - x^2)) - 4.4, the logarithm from -36 to -8; largest error 2.0e-11
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
