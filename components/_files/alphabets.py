"""Alphabets: the letters of languages, most frequent first, and the encodings of their texts."""

from typing import NamedTuple

_WESTERN = (
    "éàèêçôîâùûïëœüÿæ",  # French
    "üäößéàè",  # German
    "óíáéñúü",  # Spanish
    "éàèóòíçúïü",  # Catalan
    "ãçáéíóêõúâôàü",  # Portuguese
    "àèìòùéí",  # Italian
    "ëéïóöèüáç",  # Dutch
    "äåöéüà",  # Swedish
    "åøæéòôäö",  # Danish, Norwegian
    "äöåéšž",  # Finnish
    "áíðéöúóæýþ",  # Icelandic
    "áéíóú",  # Irish
)
_CENTRAL = (
    "łąęóśżćńźéüö",  # Polish
    "íáěéýžřčšůúďťóňö",  # Czech
    "áčíéšžýúťľôóňäďĺŕ",  # Slovak
    "áéöíóőüúű",  # Hungarian
    "ăîţşâ",  # Romanian
    "čšžćđ",  # Croatian, Slovene
)
_TURKISH = ("ıüşöğçİâîû",)
_BALTIC = ("ėšųžūčąįę", "āīēšņļžķčūģ", "äõüöšž")
_CYRILLIC = (
    "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",  # Russian
    "оаниівертсклудмпзяьбгчйхцєжїшюфщґ",  # Ukrainian
    "аоиентрсвлдкпмзяугъбчщйцжюхфшь",  # Bulgarian
    "аоиентрсјукмвдлпгзбћчшжцњђљхфџ",  # Serbian
)
_GREEK = ("αοιετσνηυρπκμλςόίάγέδήωχύθφβώξζψϊϋ",)
_HEBREW = ("יהולאמרתבשנדחםפקעגטכזןסצץףך",)
_ARABIC = ("اليمونرتبعدسفهكقحةجىشصطخذءأضئغثزظؤإآ",)
_THAI = ("านรอกเงมยลวดทส่้ตะปบคหแจพชขใไโผำถซญธีิัุู็ืึ์ศภณษ",)

# The most frequent Chinese characters, simplified and traditional. Japanese uses them too, beside kana.
SIMPLIFIED = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行"
    "所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它"
    "与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新"
    "己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平"
    "系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形"
    "社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取"
    "拉格望觉术领共确传师观清今切院让识候带导争运男京广深圳价姓龄别省城州江湖县村号码编客户龙苏杭武汉成都重庆津"
)
TRADITIONAL = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行"
    "所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它"
    "與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新"
    "己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平"
    "系氣題活更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直資命山金指克許統區保至隊形社便"
    "空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取臺灣"
    "台高雄縣號碼姓齡價格客戶男城州港新竹園桃"
)
HANGUL = frozenset(
    "이다는에을의가고하지로도기사한자어리나은대시를인서해일스아그정수라부만전구주제장있보상들년원여과성오게국비면조"
    "중우신동유계선미으경내화거안요간공관세생산위되치진마소문방분양적물재임개무연학트용명체남울별름성나구입산광역주"
    "서울부산대구인천광주전울세종경기강원충청북라제값금액번호고객직업학교회녀"
)


class Script(NamedTuple):
    """The letters of languages that share encodings, and whether words mix them with ASCII letters."""

    languages: tuple[str, ...]
    is_latin: bool


LATIN_WEST = Script(_WESTERN, is_latin=True)
# Each encoding's script, and the logarithm of its prior probability relative to cp1252.
SINGLE_BYTE: dict[str, tuple[Script, float]] = {
    "cp1252": (LATIN_WEST, 0.0),
    "iso8859-15": (LATIN_WEST, -2.0),
    "mac_roman": (LATIN_WEST, -5.0),
    "cp850": (LATIN_WEST, -5.0),
    "cp1250": (Script(_CENTRAL, is_latin=True), -3.0),
    "iso8859-2": (Script(_CENTRAL, is_latin=True), -4.0),
    "cp852": (Script(_CENTRAL, is_latin=True), -6.0),
    "cp1254": (Script(_TURKISH, is_latin=True), -2.0),
    "cp1257": (Script(_BALTIC, is_latin=True), -4.0),
    "cp1251": (Script(_CYRILLIC, is_latin=False), -2.0),
    "koi8-r": (Script(_CYRILLIC, is_latin=False), -4.0),
    "cp866": (Script(_CYRILLIC, is_latin=False), -4.0),
    "iso8859-5": (Script(_CYRILLIC, is_latin=False), -5.0),
    "mac_cyrillic": (Script(_CYRILLIC, is_latin=False), -5.0),
    "cp1253": (Script(_GREEK, is_latin=False), -3.0),
    "iso8859-7": (Script(_GREEK, is_latin=False), -4.0),
    "cp1255": (Script(_HEBREW, is_latin=False), -3.0),
    "cp1256": (Script(_ARABIC, is_latin=False), -3.0),
    "cp874": (Script(_THAI, is_latin=False), -3.0),
}
# Encodings with two bytes per character: frequent characters, the range of first bytes of characters in daily
# use, and the logarithm of the prior probability.
DOUBLE_BYTE: dict[str, tuple[frozenset[str], tuple[int, int], float]] = {
    "cp932": (frozenset(), (0x88, 0x98), -3.0),
    "gb18030": (SIMPLIFIED, (0xB0, 0xD7), -3.0),
    "big5": (TRADITIONAL, (0xA4, 0xC6), -3.5),
    "cp949": (HANGUL, (0xB0, 0xC8), -3.0),
    "euc_jp": (frozenset(), (0xB0, 0xCF), -4.0),
}
