"""Words of many languages, and the encodings that are still used for them."""

WEST = ("cp1252", "latin-1", "iso8859-15", "mac_roman", "cp850")
TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "fr": (
        "âge ville Orléans Nîmes Sète Besançon Saint-Étienne février août réglé payé très forêt œuvre",
        WEST,
    ),
    "de": ("Größe Straße München Köln Düsseldorf männlich März ledig Gebäude Höhe übrig Österreich", WEST),
    "es": ("año ciudad Málaga Córdoba León España género señor teléfono sí niñez Cádiz", WEST),
    "pt": ("preço não São Paulo Brasília Conceição João avó região município três Maranhão", WEST),
    "it": ("città età è più perché Forlì Cefalù qualità lunedì attività metà università", WEST),
    "nl": ("België Curaçao coördinatie geïnd één reünie café Oriënt patiënt financiële", WEST),
    "sv": ("ålder Malmö Göteborg Västerås kön år försäljning kött Örebro Jönköping", WEST),
    "da": ("køn Århus Ærø Sønderborg år størrelse mænd kærlig Rødovre Tårnby gade", WEST),
    "no": ("kjønn Tromsø Ålesund år størrelse vær Bærum Bodø Drøbak fylke", WEST),
    "fi": ("ikä Jyväskylä Hämeenlinna myyntipäivä työ käyttäjä Seinäjoki Mäntsälä yö", WEST),
    "is": ("þjóð Reykjavík Akureyri maður aldur kyn Ísafjörður Seyðisfjörður Hafnarfjörður verð", WEST[:2]),
    "ca": (
        "població preu això província Lleida Alacant gènere anys Cervelló Vilafranca Balaguer Móra à",
        WEST[:2],
    ),
    "pl": (
        "płeć Łódź Kraków Gdańsk żona wartość środa ciężki Wrocław Poznań źródło miesiąc",
        ("cp1250", "iso8859-2"),
    ),
    "cs": ("věk Plzeň město žena příjem červen Dvořák škola Ústí neděle území dům", ("cp1250", "iso8859-2")),
    "sk": ("vek Košice Žilina muž príjem veľkosť Prešov kúpeľ dôvod štvrtok", ("cp1250", "iso8859-2")),
    "hu": (
        "város Győr Székesfehérvár férfi nő összeg szülő fő Kőszeg Hódmezővásárhely",
        ("cp1250", "iso8859-2"),
    ),
    "hr": ("grad Šibenik Čakovec muško žensko Đakovo županija veljača ožujak", ("cp1250", "iso8859-2")),
    "tr": (
        "yaş şehir İstanbul Diyarbakır Muğla çocuk gün kadın öğrenci Eskişehir ağır",
        ("cp1254", "iso8859-9"),
    ),
    "lt": ("amžius Šiauliai Kėdainiai vyras moteris Panevėžys lytis ūkis mėnuo", ("cp1257",)),
    "ru": (
        "город Москва Казань мужской женский возраст Санкт-Петербург цена рублей да нет доход",
        ("cp1251", "koi8-r", "cp866", "iso8859-5"),
    ),
    "uk": ("місто Київ Львів чоловік жінка вік ціна Харків дохід область", ("cp1251",)),
    "bg": ("град София Пловдив мъж жена възраст цена Варна доход област", ("cp1251",)),
    "el": ("πόλη Αθήνα Θεσσαλονίκη άνδρας γυναίκα ηλικία τιμή Πάτρα ναι όχι", ("cp1253", "iso8859-7")),
    "he": ("עיר ירושלים חיפה גבר אישה גיל מחיר כן לא הכנסה", ("cp1255",)),
    "ar": ("المدينة القاهرة الرياض رجل امرأة العمر السعر نعم دخل", ("cp1256",)),
    "th": ("เมือง กรุงเทพ เชียงใหม่ ชาย หญิง อายุ ราคา รายได้", ("cp874",)),
    "ja": (
        "都市 東京 大阪 男性 女性 年齢 価格 さくら カタカナ はい いいえ 収入",
        ("shift_jis", "cp932", "euc_jp"),
    ),
    "zh": ("城市 北京 上海 男 女 年龄 价格 广州 深圳 是 否 收入 客户编号", ("gb18030", "gbk")),
    "zh-tw": ("城市 臺北 高雄 男 女 年齡 價格 新竹 是 否 收入 客戶編號", ("big5",)),
    "ko": ("도시 서울 부산 남성 여성 나이 가격 인천 예 아니오 소득 고객번호", ("euc_kr", "cp949")),
}
# Texts whose only non-ASCII characters are signs or a few letters.
SIGNS = {
    "price_£,age\n": ("cp1252", "latin-1"),
    "price,age\n£5,3\n£12.50,4\n": ("cp1252", "latin-1"),
    "preis\n5 €\n7 €\n": ("cp1252", "iso8859-15"),
    "price_€,age\n3,4\n": ("cp1252", "iso8859-15"),
    "temp °C,µm\n3,4\n": ("cp1252", "latin-1"),
    "area m²,x\n3,4\n": ("cp1252", "latin-1"),
    "name\nO’Brien\n“quoted”\n3 – 5\n": ("cp1252",),
    "größe\n5\n": ("cp1252", "latin-1"),
    "François,1\n": ("cp1252", "latin-1"),
    "ñ\n": ("cp1252", "latin-1"),
    "¿Sí?,no\n": ("cp1252", "latin-1"),
    "nº,1ª\n": ("cp1252", "latin-1"),
    "ÉCOLE,NÎMES,FORÊT\n": ("cp1252", "latin-1"),
    "MÜLLER,GRÖSSE\n": ("cp1252", "latin-1"),
    "Málaga\nKöln\nNîmes\nÅrhus\nSão Paulo\nReykjavík\nZürich\nTromsø\n": ("cp1252", "latin-1"),
    "Béla Bartók\nAntonín Dvorák\nJosé Núñez\n": ("cp1252", "latin-1"),
    "Beyoncé\nMötley Crüe\n": ("cp1252", "latin-1"),
}


def write_texts() -> list[tuple[str, str, str]]:
    """Return the name, the text and the encoding of each file: short, with few words, and long."""
    files = []
    for language, (text, encodings) in TEXTS.items():
        words = text.split()
        short = "x,y\n" + "\n".join(f"{i},{word}" for i, word in enumerate(words[:4]))
        long = "x,y\n" + "\n".join(f"{i},{words[i % len(words)]}" for i in range(60))
        single = next(word for word in words if not word.isascii())
        for encoding in encodings:
            for length, content in (("one", f"x,y\n1,{single}\n"), ("short", short), ("long", long)):
                try:
                    content.encode(encoding)
                except UnicodeEncodeError:
                    continue
                files.append((f"{language} {length}", content, encoding))
    for content, encodings in SIGNS.items():
        files += [(content, content, encoding) for encoding in encodings]
    return files
