"""Words in the names of identifier columns, by their position in the name. Data only."""

# Last words of a name, or the only word.
LAST_WORDS = (
    "id ids uid uuid guid pk key code no nr num number rowid rownum serial ref reference "
    # German, Dutch, Scandinavian
    "nummer kennung kennzeichen schlüssel schluessel referenz referentie "
    "sleutel löpnummer nøgle avain tunnus numero "
    # Romance
    "identifiant identifiants matricule numéro clé cle código codigo "
    "clave número folio chave codice chiave "
    "identificativo identificador cod cheie număr expediente "
    # Slavic, Greek, Hungarian, Turkish
    "numer klucz kod identyfikator číslo cislo klíč klic kľúč номер ключ код ид идентификатор шифр "
    "αριθμός αριθμος κωδικός κωδικος azonosító azonosito kulcs sorszám numara numarası anahtar kimlik "
    # East and south
    "番号 編号 编号 序号 号码 代码 代號 コード 번호 코드 아이디 순번 "
    "kode nomor รหัส معرف رقم كود شناسه کد מזהה מספר קוד "
    "आईडी क्रमांक"
)
# First words, before an owner: id_cliente, code_client. "Number of" is not one.
FIRST_WORDS = (
    "id uid uuid guid pk unnamed code código codigo "
    "cod codice identifiant matricule clave clé cle identificador "
    "identificativo номер код ид رقم معرف mã kode nomor"
)
ONLY_WORDS = "index idx row rownames record sn sıra"
# Endings of compound words, as in Kundennummer and customerid.
ENDINGS = "nummer nummern nr kennung schlüssel azonosító 番号 编号 番號 編號 号 번호 코드 uuid guid"
OWNERS = (
    "customer client user member account order product item "
    "patient student employee emp cust person passenger "
    "transaction session device record row case house loan "
    "store shop ticket invoice policy subject visitor "
    "contract booking trip ride sample vehicle company vendor supplier household kunden auftrags object"
)

# Persons and the like, whose column may name the owner of a row without a word for id.
PERSONS = (
    "customer client user member account patient student "
    "employee person subject household visitor participant "
    "respondent animal kunde patientin proband versuchsperson haushalt "
    "mitarbeiter klant patiënt kund bruger "
    "utilisateur élève foyer adhérent cliente paciente usuario "
    "alumno sujeto hogar utente paziente soggetto "
    "usuário aluno klient pacjent pacient zákazník клиент пациент пользователь клієнт müşteri hasta ügyfél "
    "顧客 患者 客户 用户 病人 고객 환자 사용자 pelanggan pasien عميل مريض לקוח"
)
