"""Payment methods as buyers know them: name, kind and an icon of the kind.

The types and their categories are Antom's (Antom: "Payment method enumeration values",
``customerBelongsTo``). The icons are our own: they show the kind of a method, not a
brand. Each is the data of one SVG path on 24 by 24 units, to be stroked and not filled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The pattern of a payment method type (Antom: paymentMethodType, 64).
METHOD_TYPE = re.compile(r"[A-Z0-9_]{1,64}", re.ASCII)

#: Methods whose PAYMENT_RESULT is an authorization (Antom: notifyPayment, cards).
CARD_LIKE = frozenset({"CARD", "APPLEPAY", "GOOGLEPAY"})

#: Types and names by kind. ``later`` is buy now, pay later; ``store`` is cash;
#: ``carrier`` is paid with the bill of a mobile phone.
METHODS: Mapping[str, Mapping[str, str]] = {
    "card": {
        "CARD": "Card",
    },
    "wallet": {
        "ALIPAY_CN": "Alipay",
        "ALIPAY_HK": "AlipayHK",
        "APPLEPAY": "Apple Pay",
        "AUPAY": "au PAY",
        "BKASH": "bKash",
        "BOOST": "Boost",
        "DANA": "DANA",
        "D_BARAI_PAY": "d Barai",
        "EASYPAISA": "Easypaisa",
        "FAMIPAY": "FamiPay",
        "GCASH": "GCash",
        "GOOGLEPAY": "Google Pay",
        "GOPAY_ID": "GoPay",
        "GRABPAY_MY": "GrabPay",
        "GRABPAY_PH": "GrabPay",
        "GRABPAY_SG": "GrabPay",
        "HIPAY": "Hipay",
        "JKOPAY": "JKOPAY",
        "KAKAOPAY": "Kakao Pay",
        "KPLUS": "K PLUS",
        "LINKAJA": "LinkAja",
        "MAYA": "Maya",
        "MB_WAY": "MB WAY",
        "MERCADOPAGO_BR": "Mercado Pago",
        "MERCADOPAGO_CL": "Mercado Pago",
        "MERCADOPAGO_MX": "Mercado Pago",
        "MERCADOPAGO_PE": "Mercado Pago",
        "MERPAY": "Merpay",
        "MOMO": "MoMo",
        "MPAY": "MPay",
        "NAVERPAY": "Naver Pay",
        "OCTOPUS": "Octopus",
        "OVO": "OVO",
        "PAYME": "PayMe",
        "PAYPAY": "PayPay",
        "PICPAY": "PicPay",
        "RABBIT_LINE_PAY": "Rabbit LINE Pay",
        "RAKUTEN_PAY": "Rakuten Pay",
        "SAMSUNG_PAY_KR": "Samsung Pay",
        "SATISPAY": "Satispay",
        "SHOPEEPAY_ID": "ShopeePay",
        "SHOPEEPAY_MY": "ShopeePay",
        "SHOPEEPAY_PH": "ShopeePay",
        "SHOPEEPAY_SG": "ShopeePay",
        "SHOPEEPAY_TH": "ShopeePay",
        "TINABA": "Tinaba",
        "TNG": "Touch 'n Go eWallet",
        "TOSSPAY": "Toss Pay",
        "TRUEMONEY": "TrueMoney",
        "TWINT": "TWINT",
        "VIETTELMONEY": "Viettel Money",
        "WECHATPAY": "WeChat Pay",
        "WECHATPAY_HK": "WeChat Pay HK",
        "ZALOPAY": "ZaloPay",
    },
    "bank": {
        "ACH_DIRECT_DEBIT": "ACH Direct Debit",
        "BANCOMATPAY": "BANCOMAT Pay",
        "BANCONTACT": "Bancontact",
        "BCABANK_VA": "BCA",
        "BIZUM": "Bizum",
        "BLIK": "BLIK",
        "BPI": "BPI",
        "EPS": "eps",
        "IDEAL": "iDEAL",
        "ONLINEBANKING_FPX": "FPX online banking",
        "ONLINEBANKING_NETBANKING": "Online banking",
        "ONLINEBANKING_PAYEASY": "Pay-easy",
        "ONLINEBANKING_UBP": "UnionBank",
        "P24": "Przelewy24",
        "PAYU": "PayU",
        "SWISH": "Swish",
        "UPI": "UPI",
    },
    "qr": {
        "BANKTRANSFER_VIA_VIETQR": "VietQR",
        "PAYNOW": "PayNow",
        "PIX": "Pix",
        "PROMPTPAY": "PromptPay",
        "QRIS": "QRIS",
        "QRPH": "QR Ph",
    },
    "store": {
        "KONBINI": "Konbini",
        "SEVENELEVEN": "7-Eleven",
    },
    "carrier": {
        "AU": "au",
        "DIRECT_CARRIER_BILLING_KR": "Mobile phone bill",
        "SOFTBANK": "SoftBank",
    },
    "later": {
        "AKULAKU_PAYLATER": "Akulaku PayLater",
        "BILLEASE": "BillEase",
        "KREDIVO_ID": "Kredivo",
        "PAGALEVE": "Pagaleve",
        "PAIDY": "Paidy",
        "SEQURA": "seQura",
        "TABBY": "Tabby",
        "TAMARA_AE": "Tamara",
        "TAMARA_SA": "Tamara",
    },
}

#: The types whose names are translated; the other names are brands.
WORDS = frozenset(
    {
        "CARD",
        "DIRECT_CARRIER_BILLING_KR",
        "ONLINEBANKING_FPX",
        "ONLINEBANKING_NETBANKING",
    }
)

#: The icon of each kind: an SVG path, 24 by 24, to be stroked. All are drawn for this
#: package. In a wallet there is room for a letter; see :func:`method_monogram`.
ICONS: Mapping[str, str] = {
    "card": (
        "M5 5.5h14a2.5 2.5 0 0 1 2.5 2.5v8a2.5 2.5 0 0 1-2.5 2.5H5A2.5 2.5 0 0 1 2.5 16"
        "V8A2.5 2.5 0 0 1 5 5.5zM2.5 10h19M6 14.5h4"
    ),
    "wallet": (
        "M17.5 7V4H5.25a2 2 0 0 0-2 2v12.5a2 2 0 0 0 2 2h13.5a2 2 0 0 0 2-2V9a2 2 0 0 0"
        "-2-2H4.5"
    ),
    "bank": "M3.5 9.5 12 4.5l8.5 5zM6 12.5v5M12 12.5v5M18 12.5v5M3.5 20.5h17",
    "qr": (
        "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5M20 14v2.5M14 17.5V20h2.5"
        "M20 20h.01M7 7h.01M17 7h.01M7 17h.01"
    ),
    "store": (
        "M4 9.5 5.5 4.5h13L20 9.5M4 9.5a2.67 2.67 0 0 0 5.33 0 2.67 2.67 0 0 0 5.34 0"
        " 2.67 2.67 0 0 0 5.33 0M5.5 13v6.5h13V13M10 19.5v-4h4v4"
    ),
    "carrier": (
        "M8 2.5h8a2 2 0 0 1 2 2v15a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2v-15a2 2 0 0 1 2-2z"
        "M11 18.5h2M9.5 13v-2M12 13V9M14.5 13V7"
    ),
    "later": (
        "M6 5.5h12a2 2 0 0 1 2 2V18a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7.5a2 2 0 0 1 2-2z"
        "M4 10h16M8.5 3.5v4M15.5 3.5v4M9 15l2 2 4-4"
    ),
}

_KINDS = {type_: kind for kind, names in METHODS.items() for type_ in names}
#: Antom writes two types without the E of ONLINE.
_BANKS = ("BANKAPP_", "BANKTRANSFER_", "ONLINEBANKING_", "ONLINBANKING_")


def method_name(method: str | None) -> str:
    """Return the name of a payment method type: ``"GCash"`` for ``"GCASH"``.

    A type that is not in :data:`METHODS` is made readable: ``"My Bank"`` for
    ``"MY_BANK"``.
    """
    if not method:
        return ""
    kind = _KINDS.get(method)
    if kind is not None:
        return METHODS[kind][method]
    return method.replace("_", " ").strip().title()


def method_kind(method: str | None) -> str | None:
    """Return the kind of a type, a key of :data:`METHODS`; ``None`` if not known."""
    if not method:
        return None
    return _KINDS.get(method) or ("bank" if method.startswith(_BANKS) else None)


def method_icon(method: str | None) -> str | None:
    """Return the icon of a type's kind, an SVG path; ``None`` if not known."""
    kind = method_kind(method)
    return ICONS[kind] if kind is not None else None


def method_monogram(method: str | None) -> str:
    """Return the letter that tells wallets apart: ``"G"`` for ``"GCASH"``.

    It is empty for the other kinds.
    """
    return method_name(method)[:1].upper() if method_kind(method) == "wallet" else ""
