"""Payment methods as buyers know them: name, kind and an icon of the kind.

The types and their categories are Antom's (Antom: "Payment method enumeration values",
``customerBelongsTo``). The icons are our own: they show the kind of a method, not a
brand. Each is the data of one SVG path on 24 by 24 units, to be stroked and not filled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .method_icons import ICONS, LETTERS

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
    """Return the icon of a type's kind, an SVG path; ``None`` if not known.

    A wallet has the first letter of its name in it: most wallets stand among others.
    """
    kind = method_kind(method)
    if kind is None:
        return None
    letter = method_name(method)[:1].upper() if kind == "wallet" else ""
    return ICONS[kind] + LETTERS.get(letter, "")
