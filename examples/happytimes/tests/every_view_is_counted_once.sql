-- Joining visits and subscriptions must neither lose nor double a view of a known visit.
with counted as (

    select
        (select count(*) from {{ ref('fact_content_views') }}) as in_the_facts,
        (
            select count(*)
            from {{ ref('src_views') }} as views
            where exists (select 1 from {{ ref('stg_visits') }} as visits where visits.visit_id = views.visit_id)
        ) as in_the_source

)

select * from counted where in_the_facts <> in_the_source
