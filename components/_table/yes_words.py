"""The words for yes and no by language, and the names of events.

Data only. ``yes_no.fold`` removes accents and case, so each word is listed once, as it is written.
"""

# Language: its words for yes, its words for no. A word may mean the opposite in another language (Albanian
# and Swedish "jo"), so the other class decides.
YES_AND_NO: dict[str, tuple[str, str]] = {
    "English": ("yes y yeah yep", "no n nope"),
    "Albanian": ("po", "jo"),
    "Arabic": ("نعم أجل", "لا كلا"),
    "Basque": ("bai", "ez"),
    "Bengali": ("হ্যাঁ হাঁ", "না"),
    "Bulgarian": ("да", "не"),
    "Catalan": ("sí", "no"),
    "Chinese": ("是 是的 有 对 對", "否 不是 不 无 無 没有 沒有 错 錯"),
    "Croatian": ("da", "ne"),
    "Czech": ("ano a", "ne n"),
    "Danish": ("ja j", "nej n"),
    "Dutch": ("ja j", "nee n neen"),
    "Esperanto": ("jes", "ne"),
    "Estonian": ("jah", "ei"),
    "Filipino": ("oo opo", "hindi"),
    "Finnish": ("kyllä", "ei"),
    "French": ("oui o", "non n"),
    "Galician": ("si", "non"),
    "German": ("ja j", "nein n"),
    "Greek": ("ναι nai ne", "όχι ochi oxi ohi"),
    "Gujarati": ("હા", "ના"),
    "Hebrew": ("כן ken", "לא lo"),
    "Hindi": ("हाँ हां हा जी haan", "नहीं ना nahin nahi"),
    "Hungarian": ("igen", "nem"),
    "Icelandic": ("já", "nei"),
    "Indonesian": ("ya", "tidak tdk bukan"),
    "Italian": ("sì si s", "no n"),
    "Japanese": ("はい 有 有り あり hai", "いいえ 無 無し なし iie"),
    "Kannada": ("ಹೌದು", "ಇಲ್ಲ"),
    "Korean": ("예 네 있음 유", "아니오 아니요 없음 무"),
    "Latvian": ("jā", "nē"),
    "Lithuanian": ("taip", "ne"),
    "Macedonian": ("да", "не"),
    "Malay": ("ya", "tidak"),
    "Malayalam": ("അതെ", "ഇല്ല അല്ല"),
    "Marathi": ("होय हो", "नाही"),
    "Norwegian": ("ja jo j", "nei n"),
    "Persian": ("بله آری آره", "خیر نه"),
    "Polish": ("tak t", "nie n"),
    "Portuguese": ("sim s", "não n"),
    "Punjabi": ("ਹਾਂ", "ਨਹੀਂ"),
    "Romanian": ("da", "nu"),
    "Russian": ("да", "нет"),
    "Serbian": ("да da", "не ne"),
    "Slovak": ("áno a", "nie n"),
    "Slovenian": ("da ja", "ne"),
    "Spanish": ("sí s", "no n"),
    "Swahili": ("ndiyo ndio", "hapana"),
    "Swedish": ("ja jo j", "nej n"),
    "Tamil": ("ஆம் ஆமாம்", "இல்லை"),
    "Telugu": ("అవును", "కాదు లేదు"),
    "Thai": ("ใช่ มี", "ไม่ใช่ ไม่ ไม่มี"),
    "Turkish": ("evet e", "hayır yok h"),
    "Ukrainian": ("так", "ні"),
    "Urdu": ("ہاں جی", "نہیں"),
    "Vietnamese": ("có vâng", "không"),
}

# Words and signs for true and false, in pairs.
TRUE_AND_FALSE = (
    ("true", "false"),
    ("t", "f"),
    ("1", "0"),
    ("1", "-1"),
    ("+", "-"),
    ("+1", "-1"),
    ("on", "off"),
    ("with", "without"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
    ("verdadero", "falso"),
    ("verdadeiro", "falso"),
    ("vero", "falso"),
    ("prawda", "fałsz"),
    ("pravda", "nepravda"),
    ("истина", "ложь"),
    ("правда", "ложь"),
    ("doğru", "yanlış"),
    ("waar", "onwaar"),
    ("sant", "falskt"),
    ("igaz", "hamis"),
    ("adevărat", "fals"),
    ("αληθές", "ψευδές"),
    ("真", "假"),
    ("真", "偽"),
    ("참", "거짓"),
    ("benar", "salah"),
    ("đúng", "sai"),
    ("صحيح", "خطأ"),
    ("נכון", "שגוי"),
    ("सही", "गलत"),
)

# Names of events, which are positive beside any other name.
EVENTS = (
    "positive pos present churn churned converted conversion default defaulted fraud fraudulent event case "
    "sick ill diseased disease infected malignant spam abnormal anomaly anomalous attack defective defect "
    "faulty recurrence relapse cancelled canceled clicked purchased responded readmitted deceased "
    "positiv positif positivo positiva positivt malade krank enfermo enferma doente malato malata "
    "betrug fraude frode gekündigt abgewandert мошенничество болен положительный 阳性 陽性 欺诈 流失 양성"
)

# Words that negate the words after them.
NEGATIONS = (
    "not no non never without nicht kein keine ohne pas sans aucun aucune sin sem não nao senza niet geen "
    "zonder ikke inte uten utan ingen без не нет bez nie brak bukan tidak không ei nem fără değil"
)
# The same, written without a blank.
JOINED_NEGATIONS = ("非", "不", "未", "无", "無", "没有", "沒有", "non")
