"""Names of months in seventeen languages, from CLDR 47, without accents and dots."""

from components._table.accents import fold_accents

_NAMES = (
    "ene enero gen gennaio ian ianuarie jan janeiro januar januari january janv janvier led leden "
    "ledna oca ocak sty styczen stycznia tammi tammikuu tammikuuta",
    "feb febbraio febr febrero februar februari februarie february fev fevereiro fevr fevrier helmi "
    "helmikuu helmikuuta lut lutego luty sub subat uno unor unora",
    "bre brezen brezna maalis maaliskuu maaliskuuta maart mar marc marca march marcius marco maret "
    "mars mart martie marts marz marzec marzo mrt",
    "abr abril apr april aprile aprilie aprilis avr avril dub duben dubna huhti huhtikuu huhtikuuta "
    "kwi kwiecien kwietnia nis nisan",
    "kve kveten kvetna mag maggio mai maio maj maja majus may mayo mayıs mei touko toukokuu toukokuuta",
    "cerven cervna cvn cze czerwca czerwiec giu giugno haz haziran iun iunie juin jun june junho juni "
    "junio junius kesa kesakuu kesakuuta",
    "cervence cervenec cvc heina heinakuu heinakuuta iul iulie juil juillet jul julho juli julio "
    "julius july lip lipca lipiec lug luglio tem temmuz",
    "ago agosto agu agustos agustus aout aug august augusti augustus augusztus elo elokuu elokuuta "
    "sie sierpien sierpnia srp srpen srpna",
    "eyl eylul sep sept september septembre septembrie septiembre set setembro settembre syys syyskuu "
    "syyskuuta szept szeptember wrz wrzesien wrzesnia zar zari",
    "eki ekim loka lokakuu lokakuuta oct october octobre octombrie octubre okt oktober ott ottobre "
    "out outubro paz pazdziernik pazdziernika rij rijen rijna",
    "kas kasım lis listopad listopada listopadu marras marraskuu marraskuuta noiembrie nov november "
    "novembre novembro noviembre",
    "ara aralık dec december decembre decembrie des desember dez dezember dezembro dic dicembre "
    "diciembre gru grudnia grudzien joulu joulukuu joulukuuta pro prosince prosinec",
)
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}


def find_month(word: str) -> int | None:
    """Return the number of the month that a word names, from 1; None if it names none."""
    return MONTHS.get(fold_accents(word).strip(". "))
