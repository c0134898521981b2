"""What each public source says in hark's ids, and what it says nothing about.

A source's class names a set of labels that hold (`yes`) and a set that may hold (`maybe`: left out
of the loss). What remains is `no` only where the source labels its texts exhaustively; otherwise it
is unknown too. What the evaluation sets say stands in
`xtask/src/eval/sets.rs`, which only scores.
"""

# --- GoEmotions: 27 emotions and neutral -> 6 -------------------------------------------------
# Classes under `maybe` are near one of ours without being it: they teach nothing about it.
GOEMOTIONS_YES = {
    "anger": ["anger", "annoyance"],
    "disgust": ["disgust"],
    "fear": ["fear", "nervousness"],
    "joy": ["joy", "amusement", "excitement", "gratitude", "love", "admiration", "pride", "relief", "optimism"],
    "sadness": ["sadness", "disappointment", "grief", "remorse"],
    "surprise": ["surprise"],
}
GOEMOTIONS_MAYBE = {
    "anger": ["disapproval", "disgust"],
    "disgust": ["anger", "embarrassment"],
    "fear": [],
    "joy": ["approval", "caring", "desire"],
    "sadness": ["embarrassment"],
    "surprise": ["realization", "confusion", "curiosity", "excitement"],
}
# Weak sentiment: only where all classes of a text agree.
GOEMOTIONS_SENTIMENT = {
    "negative": {"anger", "annoyance", "disappointment", "disapproval", "disgust", "embarrassment", "fear", "grief", "nervousness", "remorse", "sadness"},
    "neutral": {"neutral"},
    "positive": {"admiration", "amusement", "excitement", "gratitude", "joy", "love", "optimism", "pride", "relief"},
}
GOEMOTIONS_SENTIMENT_WEIGHT = 0.25

# --- MAMS restaurant sentences: aspect categories -> touchpoints ------------------------------
# Only the touchpoints this source can tell apart; it says nothing about the other twelve.
MAMS_TOUCHPOINTS = {
    "food": "product", "menu": "product", "service": "staff", "staff": "staff",
    "price": "price", "ambience": "store", "place": "store",
}
MAMS_LABELS = {"product", "staff", "price", "store"}
MAMS_SENTIMENT_WEIGHT = 0.5

# --- Short support utterances: one topic each, so what is not named does not hold --------------
# class -> (touchpoints that hold, touchpoints that may hold)
BANKING77 = {
    ("card_arrival", "card_delivery_estimate"): (["delivery"], ["product", "support"]),
    ("order_physical_card", "get_physical_card", "getting_spare_card", "getting_virtual_card", "get_disposable_virtual_card"): (["ordering"], ["product", "delivery", "website-app", "price"]),
    ("lost_or_stolen_card", "compromised_card", "lost_or_stolen_phone"): (["safety"], ["account", "support", "payment"]),
    ("cash_withdrawal_not_recognised", "card_payment_not_recognised", "direct_debit_payment_not_recognised"): (["payment"], ["safety", "account"]),
    ("transaction_charged_twice", "extra_charge_on_statement", "declined_card_payment", "pending_card_payment", "wrong_amount_of_cash_received", "reverted_card_payment?", "declined_cash_withdrawal", "pending_cash_withdrawal"): (["payment"], ["product", "price", "returns"]),
    ("declined_transfer", "failed_transfer", "pending_transfer", "transfer_not_received_by_recipient", "transfer_timing", "transfer_into_account", "cancel_transfer", "receiving_money", "beneficiary_not_allowed", "balance_not_updated_after_bank_transfer", "balance_not_updated_after_cheque_or_cash_deposit"): (["payment"], ["product", "account", "delivery"]),
    ("top_up_failed", "top_up_reverted", "pending_top_up", "topping_up_by_card", "verify_top_up", "top_up_by_cash_or_cheque", "automatic_top_up", "top_up_limits", "apple_pay_or_google_pay"): (["payment"], ["product", "website-app", "account"]),
    ("card_payment_fee_charged", "cash_withdrawal_charge", "exchange_charge", "top_up_by_bank_transfer_charge", "top_up_by_card_charge", "transfer_fee_charged"): (["price"], ["payment"]),
    ("exchange_rate", "card_payment_wrong_exchange_rate", "wrong_exchange_rate_for_cash_withdrawal"): (["price"], ["payment", "product"]),
    ("Refund_not_showing_up", "request_refund"): (["returns"], ["payment"]),
    ("passcode_forgotten", "edit_personal_details", "terminate_account", "unable_to_verify_identity", "verify_my_identity", "verify_source_of_funds", "why_verify_identity", "pin_blocked", "change_pin"): (["account"], ["safety", "website-app", "product"]),
    ("card_not_working", "contactless_not_working", "virtual_card_not_working", "card_swallowed"): (["product"], ["payment", "partner"]),
    ("exchange_via_app",): (["website-app"], ["product", "payment"]),
    ("age_limit",): (["account"], ["safety"]),
}
# Something went wrong: a statement of it is a complaint, a question about it may be one.
BANKING77_TROUBLE = {
    "Refund_not_showing_up", "card_arrival", "card_not_working", "card_swallowed", "contactless_not_working",
    "declined_card_payment", "declined_cash_withdrawal", "declined_transfer", "failed_transfer", "top_up_failed",
    "transaction_charged_twice", "extra_charge_on_statement", "transfer_not_received_by_recipient",
    "virtual_card_not_working", "wrong_amount_of_cash_received", "wrong_exchange_rate_for_cash_withdrawal",
    "card_payment_wrong_exchange_rate", "card_payment_fee_charged", "cash_withdrawal_charge", "transfer_fee_charged",
    "cash_withdrawal_not_recognised", "card_payment_not_recognised", "direct_debit_payment_not_recognised",
    "balance_not_updated_after_bank_transfer", "balance_not_updated_after_cheque_or_cash_deposit",
    "pending_card_payment", "pending_cash_withdrawal", "pending_top_up", "pending_transfer", "top_up_reverted",
    "reverted_card_payment?", "beneficiary_not_allowed", "unable_to_verify_identity", "pin_blocked",
    "compromised_card", "exchange_charge", "top_up_by_card_charge", "top_up_by_bank_transfer_charge",
    "lost_or_stolen_card", "lost_or_stolen_phone", "why_verify_identity", "request_refund", "terminate_account",
}

CLINC150 = {
    ("order_status",): (["delivery"], ["ordering"]),
    ("order",): (["ordering"], ["product"]),
    ("book_flight", "book_hotel", "restaurant_reservation", "car_rental", "accept_reservations", "cancel_reservation", "confirm_reservation"): (["ordering"], ["product", "price", "store"]),
    ("flight_status",): (["delivery"], ["product"]),
    ("lost_luggage",): (["delivery"], ["partner", "support"]),
    ("how_busy",): (["store"], []),
    ("restaurant_reviews",): (["brand"], ["product", "store"]),
    ("bill_balance", "bill_due", "pay_bill", "min_payment", "card_declined", "transactions", "transfer"): (["payment"], ["account", "product"]),
    ("interest_rate", "international_fees", "exchange_rate", "apr"): (["price"], ["payment", "product"]),
    ("report_fraud", "report_lost_card"): (["safety"], ["payment", "account"]),
    ("account_blocked", "pin_change", "freeze_account"): (["account"], ["safety"]),
    ("damaged_card",): (["product"], []),
    ("replacement_card_duration",): (["delivery"], ["product"]),
    ("new_card", "application_status", "order_checks"): (["ordering"], ["product", "account", "delivery"]),
    ("redeem_rewards", "rewards_balance"): (["loyalty"], ["account"]),
}
# Small talk and errands: no touchpoint of any brand holds.
CLINC150_NONE = {
    "alarm", "calculator", "calendar", "calories", "cook_time", "date", "definition", "flip_coin", "fun_fact",
    "goodbye", "greeting", "maybe", "meaning_of_life", "measurement_conversion", "meeting_schedule", "next_holiday",
    "no", "nutrition_info", "recipe", "reminder", "roll_dice", "spelling", "tell_joke", "time", "timer", "timezone",
    "todo_list", "translate", "weather", "what_are_your_hobbies", "yes", "distance", "traffic", "play_music",
}

BITEXT = {
    ("cancel_order", "change_order"): (["ordering"], ["returns"]),
    ("place_order",): (["ordering"], ["product"]),
    ("track_order", "delivery_period", "delivery_options", "change_shipping_address", "set_up_shipping_address"): (["delivery"], ["ordering", "account"]),
    ("check_payment_methods", "payment_issue", "check_invoice", "get_invoice"): (["payment"], ["ordering"]),
    ("check_cancellation_fee",): (["price"], ["payment", "ordering", "account"]),
    ("check_refund_policy", "get_refund", "track_refund"): (["returns"], ["payment"]),
    ("create_account", "delete_account", "edit_account", "recover_password", "switch_account", "registration_problems"): (["account"], ["website-app"]),
    ("contact_human_agent", "contact_customer_service"): (["support"], []),
    ("newsletter_subscription",): (["advertising"], ["account"]),
}

# --- CFPB complaints: the issue names one touchpoint; nothing is known of the others -----------
CFPB_ISSUE = {
    "Charged fees or interest you didn't expect": ["payment"],
    "Problem when making payments": ["payment"],
    "Problem with the payoff process at the end of the loan": ["payment"],
    "Money was taken from your bank account on the wrong day or for the wrong amount": ["payment"],
    "Can't stop withdrawals from your bank account": ["payment"],
    "Loan payment wasn't credited to your account": ["payment"],
    "Received a loan you didn't apply for": ["safety"],
    "Improper use of your report": ["safety"],
    "Credit monitoring or identity theft protection services": ["safety"],
    "Can't contact lender or servicer": ["support"],
}
CFPB_NO = {"store", "loyalty", "delivery", "website-app", "staff"}

def by_class(table):
    """The table with one entry for each class of the source."""
    return {name: value for names, value in table.items() for name in names}
