<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
    <context>
        <name>HeaderPanel</name>
        <message numerus="yes">
            <source>%n watching</source>
            <translation>
                <numerusform>%n watching</numerusform>
                <numerusform>%n watching</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ProductRow</name>
        <message numerus="yes">
            <source>%n left</source>
            <translation>
                <numerusform>%n left</numerusform>
                <numerusform>%n left</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n sold</source>
            <translation>
                <numerusform>%n sold</numerusform>
                <numerusform>%n sold</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ProductsPanel</name>
        <message numerus="yes">
            <source>%n product(s)</source>
            <translation>
                <numerusform>%n product</numerusform>
                <numerusform>%n products</numerusform>
            </translation>
        </message>
    </context>
</TS>
