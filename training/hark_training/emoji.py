"""Emoji as words. The encoder's vocabulary has none: it reads every one of them, and the word it stands
at, as unknown. Each gets one of the vocabulary's unused ids, and begins as the mean of words that
say the same: for the frequent ones the words stand here, for others their name in Unicode says them.
"""

import unicodedata

# What people mean by them, which is not always what they are called.
MEANT = """
😂 laughing hilarious funny|🤣 laughing hilarious funny|😭 crying sobbing tears|😍 love gorgeous wow|❤ love heart|🥰 love sweet happy
😊 happy smile pleased|😁 happy grin glad|😀 happy smile|😃 happy smile glad|😄 happy laugh|😆 laughing funny|😅 nervous laugh relief
🙂 smile okay|🙃 ironic sarcastic fine|😉 wink joking|😌 relieved calm content|😋 delicious taste|😎 cool great|🤩 amazing excited wow
🥳 party celebrate excited|😏 smirk sly|😒 annoyed bored|🙄 annoyed whatever sarcastic|😑 annoyed tired|😐 neutral bored|😶 silent speechless
😔 sad disappointed|😞 sad disappointed|😟 worried concerned|😕 confused disappointed|🙁 sad unhappy|☹ sad unhappy|😣 struggling frustrated
😖 frustrated upset|😫 tired exhausted frustrated|😩 frustrated exhausted|🥺 begging please sad|😢 sad crying|😤 angry frustrated|😠 angry annoyed
😡 angry furious|🤬 furious swearing|🤯 shocked amazed unbelievable|😳 embarrassed shocked|🥵 hot|🥶 cold freezing|😱 shocked scared screaming
😨 scared afraid|😰 worried anxious|😥 sad worried|😓 worried tired|🤗 hug thanks happy|🤔 thinking wondering hmm|🤭 laugh secret|🤫 secret quiet
🤥 liar lying|😬 awkward nervous|😦 shocked worried|😧 shocked upset|😮 surprised wow|😲 shocked surprised|😯 surprised|🥱 bored tired
😴 sleep tired boring|🤤 delicious hungry|😪 tired sad|😵 dizzy confused|🤐 silent secret|🥴 dizzy drunk|🤢 disgusting sick gross|🤮 disgusting vomit gross
🤧 sick cold|😷 mask sick|🤒 sick fever|🤕 hurt injured|🤑 money rich|🤠 cowboy happy|😈 evil naughty|👿 evil angry|🤡 clown fool ridiculous
💩 shit crap|👻 ghost|💀 dead laughing|☠ dead danger|👽 alien weird|🤖 robot|😺 cat happy|😻 cat love|😿 cat sad|🙈 embarrassed shy|🙉 shocked ears
🙊 secret shocked|💋 kiss|💌 letter love|💘 love heart|💝 love gift|💖 love heart|💗 love heart|💓 love heart|💞 love heart|💕 love hearts|💟 love heart
❣ love heart|💔 broken heart sad|🧡 love heart|💛 love heart|💚 love heart|💙 love heart|💜 love heart|🖤 love heart black|🤍 love heart white|🤎 love heart
💯 hundred perfect absolutely|💢 angry|💥 boom explosion|💫 star dizzy|💦 sweat water|💨 fast gone|💤 sleep boring|👋 hello bye wave|✋ stop hand
👌 perfect okay good|🤌 perfect|✌ peace victory|🤞 hope luck|🤟 love|🤘 rock cool|🤙 call cool|👈 left this|👉 right this|👆 above this
🖕 fuck insult|👇 below this|☝ above one|👍 good yes great|👎 bad no poor|✊ strong solidarity|👊 punch strong|👏 bravo congratulations well
🙌 praise celebrate|👐 open hands|🤲 hands please|🤝 deal agreement together|🙏 please thanks pray|💅 nails proud|💪 strong strength
👀 look watching interesting|🧠 brain mind|🔥 fire hot excellent|✨ magic beautiful special|🌟 star great|⭐ star|🎉 celebrate congratulations party
🎊 celebrate party|🎁 gift present|🏆 winner trophy best|🥇 first winner gold|🎯 exactly target|🚀 fast rocket rising|📈 rising growth|📉 falling decline
💸 money spending waste|💰 money|💵 money cash|💳 card payment|🚩 warning bad|⚠ warning careful|🚨 alert warning urgent|🚫 forbidden no|⛔ forbidden stop
❌ no wrong|✅ yes done correct|☑ yes done|✔ yes correct|❗ important attention|‼ important attention|❓ question what|❔ question what|⁉ what really
🤦 stupid disappointed ridiculous|🤷 unknown whatever shrug|🙋 me question|💁 here helpful|🙅 no refuse|🙆 okay yes|🙇 sorry thanks|🏃 running|💃 dancing happy
🕺 dancing happy|🤪 crazy silly|😜 joking silly|😝 joking silly|😛 joking silly|😘 kiss love|😗 kiss|😚 kiss love|😙 kiss|🥲 sad smile|🥹 touched grateful moved
🫠 melting embarrassed|🫡 respect salute|🫶 love hands heart|🫣 nervous peeking|🫢 shocked|🫤 unsure disappointed|🥸 disguise|😇 innocent angel
🤓 smart|🧐 suspicious examining|🤨 suspicious doubt|😾 cat angry|☺ happy pleased|♡ love heart|✈ flight plane|📦 package delivery|🚚 truck delivery
📷 photo|📸 photo|☕ coffee|🍕 pizza|🍔 burger|🍟 fries|🍗 chicken|🍺 beer|🍻 beer cheers|🍷 wine|🥂 cheers celebrate|🎂 birthday cake|🎈 birthday balloon
⏰ time clock alarm|⏳ waiting time|⌛ waiting time|🐌 slow snail|🗑 trash garbage|🎶 music song|🎵 music song|📱 phone|💻 computer laptop
☎ phone call|📞 phone call|📧 email|✉ letter email|🔒 locked secure|🔑 key|🛒 shopping cart|🛍 shopping|🏠 home house|🏡 home house|🚗 car|🚆 train|🚌 bus
❄ snow cold|🌱 plant growing|🔫 gun|🔪 knife|♫ music|♪ music|🆘 help emergency|🌮 mexican food|🍩 cake sweet|🍰 cake|💧 water drop|💉 injection needle
🎧 headphones music|🛁 bath|🥟 chinese food|🛏 bed|🛋 couch|🛌 bed sleep|🕯 candle|🖊 pen|➡ right arrow|⬇ down arrow|⬆ up arrow|⌚ watch|🛵 motor bike
🚐 van|💇 hair cut|🔊 loud sound|🔵 blue|🔴 red|🟢 green|▶ play right|🛎 bell service|🗓 calendar date|🎟 ticket|🪳 bug|🪱 worm|🫖 tea pot
"""

# Which others have an id, until ids run out. All are in Unicode 13, so that every Python knows their names.
SIGNS = "☀☁☂☃☄☔☘☢☣☮☯☸♨♻♾♿⚒⚓⚔⚖⚗⚙⚛⚡⚪⚫⚰⚽⚾⛄⛅⛈⛏⛓⛩⛪⛰⛱⛲⛳⛴⛵⛷⛸⛹⛺⛽✂✍✏✝✡❄❎❕➕➖➗⭕"
BLOCKS = [(0x1F600, 0x1F650), (0x1F90D, 0x1FA00), (0x1F400, 0x1F4FE), (0x1F680, 0x1F6C6), (0x1F300, 0x1F3FB), (0x1F5A4, 0x1F5A5)]
# What only changes how the sign before it looks: tone of skin, gender, text or picture, key caps, and what joins two.
CHANGES = "\u200d[♀♂]|[\U0001f3fb-\U0001f3ff\u200d\ufe0e\ufe0f\u20e3]"
# One of these without an id of its own is unknown by itself, and leaves the word at its side alone.
APART = "[\u2600-\u27bf\u2b05-\u2b55\U0001f000-\U0001faff]"

# Of a name, the words that say how it is drawn.
DRAWN = {"WITH", "OF", "AND", "SIGN", "SYMBOL", "BLACK", "WHITE", "HEAVY", "FACE", "THE", "FOR", "IN", "MARK", "LIGHT", "OPEN", "MEDIUM"}
# Unused ids of the vocabulary, after those of the marks of target and others.
IDS = [*range(3, 100), *range(104, 999)]


def likenesses(vocabulary):
    """Emoji -> (its id, the ids of words that say the same)."""
    said = dict(entry.split(" ", 1) for line in MEANT.split("\n") for entry in line.split("|") if entry)
    for emoji in [*SIGNS, *(chr(place) for block in BLOCKS for place in range(*block))]:
        name = unicodedata.name(emoji, "").replace("-", " ").split()
        said.setdefault(emoji, " ".join(word for word in name if word not in DRAWN).lower())
    known = {emoji: [vocabulary[word] for word in words.split() if word in vocabulary] for emoji, words in said.items()}
    wanted = [emoji for emoji, words in known.items() if words and emoji not in vocabulary]
    return {emoji: (place, known[emoji]) for place, emoji in zip(IDS, wanted)}
