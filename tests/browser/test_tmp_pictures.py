from datetime import date, timedelta
from portal.kernel import clock
from portal.deadlines.service import seed_calendar
from portal.kernel.db import db
OUT = "/tmp/pics-rules/"
NOTICE = "\n".join(["1月1日至1月3日 放假 元旦", "1月4日 调休上班 元旦", "2月5日至2月12日 放假 春节", "2月20日 调休上班 春节",
  "2月27日 调休上班 春节", "4月3日至4月5日 放假 清明节", "5月1日至5月5日 放假 劳动节", "5月8日 调休上班 劳动节", "6月9日 放假 端午节", "9月15日 放假 中秋节", "10月1日至10月7日 放假 国庆节", "10月9日 调休上班 国庆节"])

def shot(v, name):
    for w in (1280, 360):
        v.page.set_viewport_size({"width": w, "height": 900})
        there = v.page.evaluate("document.documentElement.scrollWidth")
        v.page.screenshot(path=f"{OUT}{name}-{w}.png", full_page=True)
        if there > w: print("WIDE", name, w, there)
    v.page.set_viewport_size({"width": 1280, "height": 900})
    try: v.look()
    except AssertionError as e: print("AXE", name, str(e)[:1500])

def test_pictures(visit, world):
    with world.work():
        seed_calendar(db.session(), world.id)
    v = visit("city.head")
    for name, path in (("rules", "rules"), ("calendar", "calendar"), ("calendar27", "calendar?year=2027"), ("history", "rules/ladder"),
                       ("deadlines", "rules/deadlines/edit"), ("ladder", "rules/ladder/edit"), ("limits", "rules/limits/edit")):
        v.open(path, look=False); shot(v, name)
    v.open("rules/deadlines/edit", look=False)
    v.page.fill("#city_normal_closing", "20"); v.page.select_option("#city_normal_unit", "days")
    v.page.fill("#central_urgent_feedback", "20"); v.page.fill("#reason", "市里要求提速")
    v.page.click("button[value=preview]"); shot(v, "deadlines-bad")
    v.page.fill("#central_urgent_feedback", "5"); v.page.click("button[value=preview]"); shot(v, "deadlines-preview")
    v.page.click("button[value=edit]"); shot(v, "deadlines-back")
    v.page.click("button[value=preview]"); v.page.click("button[value=publish]"); shot(v, "deadlines-history")
    v.open("rules/ladder/edit", look=False); v.page.fill("#reason", "增加一档"); v.page.check("#r0_drop")
    v.page.fill("#r7_days", "10"); v.page.check("#r7_roles-0"); v.page.check("#r7_confidential-0")
    v.page.click("button[value=preview]"); shot(v, "ladder-preview")
    v.page.click("button[value=publish]"); shot(v, "ladder-history")
    v.open("rules", look=False); shot(v, "rules2")
    s = visit("city.secretariat")
    s.open("calendar?year=2027", look=False); shot(s, "calendar27-keeper")
    s.open("calendar/import", look=False); shot(s, "import")
    s.page.fill("#source", "国办发明电〔2026〕7号"); s.page.select_option("#year", "2027"); s.page.fill("#days", NOTICE + "\n2027-05-09 调休 \n2月30日 放假 春节\n10月1日 放假 国庆节\n3月3日 调休上班 春节")
    s.page.click("main button.btn-primary"); shot(s, "judged-bad")
    s.page.click("button[value=edit]"); s.page.fill("#days", NOTICE); s.page.click("main button.btn-primary"); shot(s, "judged-good")
    s.page.click("button[value=confirm]"); shot(s, "calendar27-done")
