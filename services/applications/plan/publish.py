"""A programme as the event that quotas and notifications learn it from."""

from datetime import date

from services.applications.domain.answers import LANGUAGES, Texts
from services.applications.domain.parts import PARTED
from services.applications.plan.model import Call, Channel, Country, Course, Plan, Programme
from shared.events.applications import (
    CallTerms,
    ChannelTerms,
    CountryTerms,
    CourseTerms,
    HoldersTerms,
    Names,
    Participation,
    ProgrammePublished,
)


def programme_published(plan: Plan, programme: Programme) -> ProgrammePublished:
    """The event data; the countries are those of the programme's sides, whether they take part or not."""
    return ProgrammePublished(
        plan=plan.code,
        plan_version=plan.version,
        programme=programme.code,
        names=_names(programme.names),
        example_note=_names(plan.example_note),
        places_total=programme.places_total,
        places_per_year=programme.places_per_year,
        sides=list(programme.sides),
        side_places=programme.side_places,
        countries=[_country(country, programme) for country in plan.countries_of(programme)],
        participation=[
            Participation(country=p.country, start=p.start, end=p.end, parts=list(p.parts))
            for p in plan.participation
            if p.programme == programme.code
        ],
        policy=programme.policy,
        calls=[_call(call) for call in programme.calls],
        route=list(programme.route),
        offer_days=programme.offer_days,
        waiting_list=programme.waiting_list,
        nomination_ratio=programme.nomination_ratio,
        holds_per_person=programme.holds_per_person,
        unused=programme.unused,
        reasons={reason.code: _names(reason.names) for reason in programme.reasons},
        courses=[_course(course, programme) for course in programme.courses],
        channels=[_channel(channel, programme) for channel in programme.channels],
        parts=_parts(programme),
        holders=HoldersTerms(each=programme.holders.each, countries=programme.holders.countries) if programme.holders else None,
    )


def _names(texts: Texts) -> Names:
    return Names(*(texts[language] for language in LANGUAGES))


def _country(country: Country, programme: Programme) -> CountryTerms:
    groups = {year: list(country.groups_on(date(year, 1, 1))) for year in programme.years}
    return CountryTerms(
        code=country.code,
        side=country.side,
        names=_names(country.names),
        groups={year: named for year, named in groups.items() if named},
        tile=country.tile,
    )


def _call(call: Call) -> CallTerms:
    return CallTerms(
        year=call.year,
        opens=call.opens,
        closes=call.closes,
        grants_from=call.grants_from,
        answers_due=call.answers_due,
        list_closes=call.list_closes,
        returns_on=call.returns_on,
        timezone=call.timezone,
    )


def _course(course: Course, programme: Programme) -> CourseTerms:
    return CourseTerms(
        key=course.key,
        year=course.year,
        names=_names(programme.option_names("course", course.key)),
        seats=course.seats,
        per_country=course.per_country,
        starts=course.starts,
        ends=course.ends,
    )


def _parts(programme: Programme) -> dict[str, Names]:
    """The options of the questions that divide the programme."""
    asked = [question for page in programme.pages for question in page.questions if question.key in PARTED]
    return {option.key: _names(option.label) for question in asked for option in question.options}


def _channel(channel: Channel, programme: Programme) -> ChannelTerms:
    names = _names(programme.option_names("channel", channel.key))
    return ChannelTerms(key=channel.key, names=names, places=channel.places, share=channel.share)
