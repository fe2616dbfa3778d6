"""Who has sent an application gets it back as a PDF, on the page, a moment later, with the name as it is written."""

import pypdfium2 as pdfium

from services.run.settling import until
from tests.flows.stack import PATIENCE_S, House


async def test_the_pdf_of_an_application_with_a_chinese_name_is_offered_on_its_page(house: House) -> None:
    house.at(house.call("training", 2016).opens)
    wei = await house.applicant("wei@example.org", language="zh")
    application = await house.apply(wei, "training", "PE", name="陈小明 Chen Xiaoming")
    path = f"/applications/{application}"

    async def made() -> str:
        return "" if f"{path}/copies/1" in (await wei.browser.get(path)).text else "there is no PDF on the page"

    await until("the PDF", made, seconds=PATIENCE_S, alive=house.stack.raise_failures)
    with pdfium.PdfDocument((await wei.browser.get(f"{path}/copies/1")).content) as read:
        text = " ".join(page.get_textpage().get_text_range() for page in read)
    assert (await house.look(application))["receipt"] in text
    assert "陈小明 Chen Xiaoming" in text
    assert (await house.check()).broken == 0
